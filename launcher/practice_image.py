"""The practice image: the production image with a client library that trusts the sandbox."""

import contextlib
import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from launcher import building, engine, environment, recipe
from launcher.building import Image
from launcher.errors import LauncherError, NotReadyError
from launcher.paths import Paths
from launcher.recipe import Files

REPOSITORY = "flowhq-worker-practice"
DOCKERFILE = "sandbox/practice.Dockerfile"
# Where Dockerfile.worker puts it; both bases bring Python 3.13.
NEONIZE = "/opt/flowhq/lib/python3.13/site-packages/neonize"
IN_CONTEXT = "Dockerfile"


class Made(msgspec.Struct, frozen=True):
    """What the last practice image was made from, and its tag."""

    cause: str
    tag: str


def ensure_practice(
    paths: Paths, address: str, *, worker: Image, environ: Mapping[str, str]
) -> Image:
    found = _find_made(paths, address, worker)
    if found is not None:
        return found
    library = extract_library(address, worker, paths.build / "production")
    patched = paths.build / "patched"
    shutil.rmtree(patched, ignore_errors=True)
    _patch(paths, library, patched, environ)
    files: Files = {
        IN_CONTEXT: (paths.root / DOCKERFILE).read_bytes(),
        **recipe.read_tree(patched, sorted(made.name for made in patched.iterdir())),
    }
    tag = f"{REPOSITORY}:{recipe.digest(files, {'worker': worker.id})}"
    image = building.find_image(address, tag) or building.build_image(
        address,
        tag,
        files=files,
        dockerfile=IN_CONTEXT,
        arguments={"WORKER_IMAGE": worker.tag, "NEONIZE_DIR": NEONIZE},
        log=paths.logs / "build-practice.log",
    )
    _memory(paths).write_bytes(msgspec.json.encode(Made(_cause(paths, worker), tag)))
    return image


def _find_made(paths: Paths, address: str, worker: Image) -> Image | None:
    """Spares the second run the library's way out of the image and through the patch."""
    try:
        made = msgspec.json.decode(_memory(paths).read_bytes(), type=Made)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return building.find_image(address, made.tag) if made.cause == _cause(paths, worker) else None


def _cause(paths: Paths, worker: Image) -> str:
    inputs = recipe.read_tree(paths.root, [DOCKERFILE, "sandbox/patch.py"])
    keys = recipe.read_tree(paths.sandbox, ["keys"])
    return recipe.digest({**inputs, **keys}, {"worker": worker.id})


def _memory(paths: Paths) -> Path:
    return paths.build / "practice.json"


def extract_library(address: str, image: Image, into: Path) -> Path:
    """The client library's file as the image has it; the image is not run for that."""
    into.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(engine.connect(address)) as client:
        container = client.create_container(image.tag, labels=building.MANAGED)["Id"]
        try:
            stream, _ = client.get_archive(container, NEONIZE)
            content = b"".join(stream)
        finally:
            client.remove_container(container, force=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member) if member.name.endswith(".so") else None
            if file is not None:
                library = into / Path(member.name).name
                library.write_bytes(file.read())
                return library
    raise LauncherError(f"{image.tag} has no client library in {NEONIZE}")


def _patch(paths: Paths, library: Path, out: Path, environ: Mapping[str, str]) -> None:
    command = [sys.executable, "-P", "-m", "sandbox", "patch"]
    done = subprocess.run(
        [*command, "--library", str(library), "--out", str(out)],
        cwd=paths.root,
        env=environment.for_process(environ, {"state_dir": str(paths.sandbox)}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotReadyError("The practice copy of the client library was not made", done.stdout)
