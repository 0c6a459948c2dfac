"""The images of a deployment, made where no registry answers; same inputs, same tag."""

import contextlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from launcher import (
    base_image,
    building,
    engine,
    environment,
    leftovers,
    pip_settings,
    recipe,
    worker_image,
)
from launcher.building import Image
from launcher.paths import Paths
from launcher.recipe import Files

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
COMPOSE_BINARY = "/docker-compose"


class Images(msgspec.Struct, frozen=True, kw_only=True):
    """compose: the command line's first words; the rest are tags."""

    compose: list[str]
    postgres: str
    controlplane: str
    portal: str
    fence: str
    worker: str


def prepare(paths: Paths, address: str) -> Images:
    """Those of the current tree; what an older tree left under the same names goes."""
    environ = environment.current()
    paths.prepare()
    base = base_image.ensure_base(paths, address)
    leftovers.remember(paths, [base.tag])
    maker = _Maker(paths, address, base)
    # Side by side: one waits for Debian's mirror while another compiles.
    with ThreadPoolExecutor() as pool:
        compose = pool.submit(_find_compose, maker, paths, address)
        postgres = pool.submit(maker.ensure, "postgres", recipe.read_tree(HERE / "postgres", ["."]))
        besides = pip_settings.build_files(environ)
        controlplane = pool.submit(maker.ensure_server, "controlplane", besides=besides)
        portal = pool.submit(maker.ensure_server, "portal", besides=besides)
        fence = pool.submit(maker.ensure_fence)
        worker = pool.submit(worker_image.ensure_worker, paths, address, base=base, environ=environ)
    made = {
        "postgres": postgres.result().tag,
        "controlplane": controlplane.result().tag,
        "portal": portal.result().tag,
        "fence": fence.result().tag,
        "worker": worker.result().tag,
    }
    leftovers.remember(paths, list(made.values()))
    return Images(compose=compose.result(), **made)


def _find_compose(maker: "_Maker", paths: Paths, address: str) -> list[str]:
    """The machine's own Compose v2, else Debian's, copied out of an image."""
    docker = shutil.which("docker")
    if docker is not None and _answers([docker, "compose", "version"]):
        return [docker, "compose"]
    recipe_file = HERE / "compose-cli.Dockerfile"
    image = maker.ensure("compose", {"Dockerfile": recipe_file.read_bytes()})
    binary = paths.build / "docker-compose"
    draft = paths.build / "docker-compose.new"
    draft.write_bytes(_read_file(address, image, COMPOSE_BINARY))
    draft.chmod(0o755)
    draft.replace(binary)  # a program that runs cannot be written over
    return [str(binary)]


def _answers(command: list[str]) -> bool:
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  our own words
    return done.returncode == 0


class _Maker:
    def __init__(self, paths: Paths, address: str, base: Image) -> None:
        self._paths = paths
        self._address = address
        self._base = base

    def ensure_server(self, room: str, *, besides: Mapping[str, bytes]) -> Image:
        tree = recipe.read_tree(ROOT, ["Dockerfile", f"requirements/{room}.lock", "shared", room])
        return self.ensure(room, tree, arguments={"ROOM": room}, besides=besides)

    def ensure_fence(self) -> Image:
        dockerfile = (ROOT / "Dockerfile.fence").read_bytes()
        # What its COPY instructions name, and no more: another change is not to build it anew.
        words = dockerfile.decode().split()
        copied = [word for word in words if word.startswith(("launcher/", "shared/"))]
        return self.ensure("fence", {**recipe.read_tree(ROOT, copied), "Dockerfile": dockerfile})

    def ensure(
        self,
        name: str,
        files: Files,
        *,
        arguments: Mapping[str, str] | None = None,
        besides: Mapping[str, bytes] | None = None,
    ) -> Image:
        """besides: what the build needs on this machine and leaves no trace in the image."""
        repository = f"flowhq-test-{name}"
        tag = f"{repository}:{recipe.digest(files, {'base': self._base.id})}"
        image = building.find_image(self._address, tag) or building.build_image(
            self._address,
            tag,
            files={**files, **(besides or {})},
            dockerfile="Dockerfile",
            arguments={"BASE_IMAGE": self._base.tag, **(arguments or {})},
            log=self._paths.logs / f"build-test-{name}.log",
        )
        self._remove_older(repository, tag)
        return image

    def _remove_older(self, repository: str, current: str) -> None:
        with contextlib.closing(engine.connect(self._address)) as client:
            tags = [tag for seen in client.images(repository) for tag in seen["RepoTags"] or []]
            for tag in tags:
                if tag != current:
                    client.remove_image(tag, force=True)


def _read_file(address: str, image: Image, path: str) -> bytes:
    """The image is not run for that."""
    with contextlib.closing(engine.connect(address)) as client:
        container = client.create_container(image.tag, labels=building.MANAGED)["Id"]
        try:
            stream, _ = client.get_archive(container, path)
            content = b"".join(stream)
        finally:
            client.remove_container(container, force=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        file = archive.extractfile(Path(path).name)
        assert file is not None
        return file.read()
