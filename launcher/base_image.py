"""The image that the worker's stands on: pulled where a registry answers, made where none does."""

import contextlib
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec
import requests
from docker.errors import DockerException

from launcher import building, engine, environment, host, pins, processes, recipe
from launcher.building import Image
from launcher.errors import LauncherError, NotReadyError
from launcher.paths import Paths

REPOSITORY = "flowhq-base"
SUITE = "trixie"
PACKAGES = ("python3", "python3-venv", "ca-certificates", "tzdata")
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
APT_SOURCES = Path("/etc/apt")
MIRROR = re.compile(r"(?:https?|file|ftp)://[^\s\]]+")


class Mirrors(msgspec.Struct, frozen=True, kw_only=True):
    archive: str
    security: str


def ensure_base(paths: Paths, address: str) -> Image:
    published = pins.find_base(paths.root)
    tag = f"{REPOSITORY}:{recipe.digest({}, _recipe(published))}"
    found = building.find_image(address, tag)
    if found is not None:
        return found
    if building.find_image(address, published) is not None:
        _tag_published(address, published, tag)
    elif _pull(address, published):
        # Only what was not there before us is ours to remove one day.
        _pulled_file(paths).write_text(published, encoding="utf-8")
        _tag_published(address, published, tag)
    else:
        _make(paths, address, published, tag)
    return building.get_image(address, tag, made=True)


def mirrors_of(lists: Iterable[str]) -> Mirrors | None:
    """The Debian mirrors that this machine's own package lists name; None where none is.

    lists: the contents of sources.list and its like, in either format.
    """
    named = [
        mirror.rstrip("/")
        for text in lists
        for line in text.splitlines()
        if not line.lstrip().startswith("#")
        for mirror in MIRROR.findall(line)
    ]
    archive = [mirror for mirror in named if mirror.endswith("/debian")]
    security = [mirror for mirror in named if mirror.endswith("/debian-security")]
    if not archive:
        return None
    return Mirrors(
        archive=archive[0],
        security=security[0] if security else f"{archive[0]}-security",
    )


def package_lines(mirrors: Mirrors | None) -> list[str]:
    """For mmdebstrap, which knows Debian's own mirrors where no line is given."""
    if mirrors is None:
        return []
    return [
        f"deb {mirrors.archive} {SUITE} main",
        f"deb {mirrors.archive} {SUITE}-updates main",
        f"deb {mirrors.security} {SUITE}-security main",
    ]


def pulled(paths: Paths) -> list[str]:
    """The images from a registry that this installation brought to the engine."""
    file = _pulled_file(paths)
    return file.read_text(encoding="utf-8").split() if file.exists() else []


def _pulled_file(paths: Paths) -> Path:
    return paths.state / "pulled-images"


def _recipe(published: str) -> dict[str, str]:
    return {"published": published, "suite": SUITE, "packages": " ".join(PACKAGES)}


def _pull(address: str, published: str) -> bool:
    """False when no registry answers: a network without one refuses at once."""
    with contextlib.closing(engine.connect(address)) as client:
        try:
            client.pull(published)
        except (DockerException, requests.RequestException):
            return False
    # A pull that fails half-way says so in its text, not in its status.
    return building.find_image(address, published) is not None


def _tag_published(address: str, published: str, tag: str) -> None:
    repository, _, version = tag.partition(":")
    with contextlib.closing(engine.connect(address)) as client:
        client.tag(published, repository, version)


def _make(paths: Paths, address: str, published: str, tag: str) -> None:
    log = paths.logs / "base-image.log"
    _ensure_tools(log, published)
    archive = paths.build / "base.tar"
    try:
        _bootstrap(archive, log)
        _import(address, tag, archive)
    finally:
        archive.unlink(missing_ok=True)


def _ensure_tools(log: Path, published: str) -> None:
    purpose = f"Making a base image (no registry answers for {published})"
    if not host.is_root():
        raise LauncherError(
            f"{purpose} needs root: run sudo docker pull {published} on a network that has one, "
            "or run this once as root"
        )
    missing = [] if host.find_tool("mmdebstrap") else ["mmdebstrap"]
    if not _knows_suite():
        missing.append("debian-archive-keyring")
    if missing:
        host.install_packages(missing, log=log, purpose=purpose)


def _knows_suite() -> bool:
    """An older keyring cannot check the signature of a suite that was released after it."""
    return KEYRING.exists() and any(KEYRING.parent.glob(f"debian-archive-{SUITE}-*"))


def _bootstrap(archive: Path, log: Path) -> None:
    tool = host.find_tool("mmdebstrap")
    assert tool is not None, "was just installed"
    command = [
        tool,
        "--variant=minbase",
        f"--include={','.join(PACKAGES)}",
        f"--keyring={KEYRING}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
        SUITE,
        str(archive),
        *package_lines(mirrors_of(_apt_lists())),
    ]
    with log.open("ab") as output:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment.for_tools(environment.current()),
            umask=host.UMASK,
            check=False,
        )
    if done.returncode != 0:
        raise NotReadyError("The base image could not be made", processes.tail(log))


def _import(address: str, tag: str, archive: Path) -> None:
    """Through the engine's API: not every engine comes with a command line."""
    repository, _, version = tag.partition(":")
    labels = [f"LABEL {name}={value}" for name, value in building.MANAGED.items()]
    with contextlib.closing(engine.connect(address)) as client:
        client.import_image_from_file(str(archive), repository, version, changes=labels)


def _apt_lists() -> list[str]:
    files = [APT_SOURCES / "sources.list"]
    for pattern in ("*.list", "*.sources"):
        files.extend(sorted((APT_SOURCES / "sources.list.d").glob(pattern)))
    return [file.read_text(encoding="utf-8") for file in files if file.is_file()]
