"""Which images of a registry are used, by digest where somebody has pinned them.

`requirements/images.env` is for `docker compose --env-file` as well as for us: a line of it names
an image and the digest that the registry gave for it. Without the file a tag is used, which says
what was asked for and not what was got.
"""

import contextlib
import re
from pathlib import Path

import requests
from docker.api.client import APIClient
from docker.errors import DockerException

from launcher import engine
from launcher.errors import LauncherError

FILE = "requirements/images.env"
BASE, POSTGRES = "FLOWHQ_BASE_IMAGE", "FLOWHQ_POSTGRES_IMAGE"
TAGS = {BASE: "python:3.13-slim-trixie", POSTGRES: "postgres:18-trixie"}
PINNED = re.compile(r"(?P<tag>[^@]+)@sha256:[0-9a-f]{64}")


def find_base(root: Path) -> str:
    """What the worker's image stands on, with its digest if that is known."""
    return read_pins(root).get(BASE, TAGS[BASE])


def read_pins(root: Path) -> dict[str, str]:
    """Raises LauncherError for a line that names no digest of the image that is meant."""
    file = root / FILE
    if not file.exists():
        return {}
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    pins = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    for name, image in pins.items():
        match = PINNED.fullmatch(image)
        if name not in TAGS or match is None or match["tag"] != TAGS[name]:
            raise LauncherError(f"{file}: {name}={image} is no {TAGS.get(name, 'image')} by digest")
    return pins


def look_up(address: str) -> dict[str, str]:
    """Pulls the images anew. Raises LauncherError where no registry answers."""
    with contextlib.closing(engine.connect(address)) as client:
        return {name: _look_up(client, tag) for name, tag in TAGS.items()}


def _look_up(client: APIClient, tag: str) -> str:
    try:
        client.pull(tag)
        digests = client.inspect_image(tag)["RepoDigests"]
    except (DockerException, requests.RequestException) as error:
        raise LauncherError(f"no registry gave {tag}: {error}") from error
    repository = tag.partition(":")[0]
    for each in digests:
        named, _, digest = each.partition("@")
        if named.rpartition("/")[2] == repository:
            return f"{tag}@{digest}"
    raise LauncherError(f"{tag} came from no registry: it has no digest there")


def render(pins: dict[str, str]) -> str:
    about = "# Images by digest, as the registry gave them. ./scripts/pin writes this file anew."
    return "\n".join([about, *(f"{name}={image}" for name, image in pins.items()), ""])
