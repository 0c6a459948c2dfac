"""The images that an installation made or pulled, and their removal."""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docker.api.client import APIClient
from docker.errors import APIError

from launcher import base_image, engine, practice_image, worker_image
from launcher.fleet import MANAGED_LABEL
from launcher.paths import Paths

REPOSITORIES = (practice_image.REPOSITORY, worker_image.REPOSITORY, base_image.REPOSITORY)


def remember(paths: Paths, tags: Iterable[str]) -> None:
    """Other installations on the engine have images under the same names: only ours are removed."""
    known = list_remembered(paths)
    new = [tag for tag in tags if tag not in known]
    if new:
        _file(paths).write_text("".join(f"{tag}\n" for tag in [*known, *new]), encoding="utf-8")


def list_remembered(paths: Paths) -> list[str]:
    try:
        return _file(paths).read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []


def remove_images(paths: Paths, address: str, *, shared: bool) -> tuple[int, int]:
    """How many tags went and how many stayed.

    shared: another installation is on the engine. What only this one can use goes all the same.
    """
    with contextlib.closing(engine.connect(address)) as client:
        tags = list_remembered(paths) or _list_all(client)
        claimed = _claimed_by_the_checkout(paths)
        own = [tag for tag in tags if tag.startswith(f"{practice_image.REPOSITORY}:")]
        rest = [tag for tag in reversed(tags) if tag not in own and tag not in claimed]
        pulled = [] if claimed else base_image.pulled(paths)
        going = own if shared else [*own, *rest, *pulled]
        removed = sum(_remove(client, tag) for tag in going)
        if not shared:
            client.prune_images(filters={"dangling": True, "label": [MANAGED_LABEL]})
        left = len(_tags(client.images(name=name) for name in REPOSITORIES))
    return removed, left


def _claimed_by_the_checkout(paths: Paths) -> set[str]:
    """What the default state directory made stays when another one (a test's) is purged."""
    default = Paths(root=paths.root, state=paths.root / ".flowhq")
    return set() if paths.state == default.state else set(list_remembered(default))


def _list_all(client: APIClient) -> list[str]:
    """For a state directory that is half gone: everything under our names."""
    return _tags(client.images(name=name) for name in reversed(REPOSITORIES))


def _tags(found: Iterable[list[dict[str, Any]]]) -> list[str]:
    return [
        tag
        for images in found
        for image in images
        for tag in image.get("RepoTags") or []
        if "<none>" not in tag
    ]


def _remove(client: APIClient, tag: str) -> bool:
    try:
        client.remove_image(tag)
    except APIError:
        return False  # gone already, or in use by a container that is not ours
    return True


def _file(paths: Paths) -> Path:
    return paths.state / "images"
