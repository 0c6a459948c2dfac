"""The production image, named after everything that goes into it."""

from collections.abc import Mapping
from pathlib import Path

from launcher import building, pip_settings, recipe
from launcher.building import Image
from launcher.paths import Paths
from launcher.recipe import Files

REPOSITORY = "flowhq-worker"
DOCKERFILE = "Dockerfile.worker"
INPUTS = (DOCKERFILE, "requirements/worker.lock", "shared", "worker")
NOT_FOR_WORKERS = (
    "shared/db",
    "shared/tables",
    "shared/stores",
    "shared/web",
    "shared/phone.py",
)
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


def inputs(root: Path) -> Files:
    return recipe.read_tree(root, INPUTS, without=NOT_FOR_WORKERS)


def tag_of(files: Files, base: Image) -> str:
    return f"{REPOSITORY}:{recipe.digest(files, {'base': base.id})}"


def ensure_worker(paths: Paths, address: str, *, base: Image, environ: Mapping[str, str]) -> Image:
    """How this machine reaches an index changes no byte of the image, so it is not in the name."""
    files = inputs(paths.root)
    tag = tag_of(files, base)
    found = building.find_image(address, tag)
    if found is not None:
        return found
    proxies = {name: environ[name] for name in PROXY_VARIABLES if environ.get(name)}
    return building.build_image(
        address,
        tag,
        files={**files, **pip_settings.build_files(environ)},
        dockerfile=DOCKERFILE,
        arguments={"BASE_IMAGE": base.tag, **proxies},
        log=paths.logs / "build-worker.log",
    )
