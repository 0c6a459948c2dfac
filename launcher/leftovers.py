"""The images that an installation made or pulled, and their removal."""

import contextlib
from collections.abc import Iterable
from typing import Any

from docker.api.client import APIClient
from docker.errors import APIError

from launcher import base_image, engine, practice_image, worker_image
from launcher.fleet import MANAGED_LABEL
from launcher.paths import Paths

REPOSITORIES = (practice_image.REPOSITORY, worker_image.REPOSITORY, base_image.REPOSITORY)


def remove_images(paths: Paths, address: str) -> int:
    """Every tag of ours, then the layers of the build that have no tag; how many went."""
    with contextlib.closing(engine.connect(address)) as client:
        tags = [tag for name in REPOSITORIES for tag in tags_of(client.images(name=name))]
        removed = sum(_remove(client, tag) for tag in [*tags, *base_image.pulled(paths)])
        client.prune_images(filters={"dangling": True, "label": [MANAGED_LABEL]})
    return removed


def tags_of(images: Iterable[dict[str, Any]]) -> list[str]:
    return [tag for image in images for tag in image.get("RepoTags") or [] if "<none>" not in tag]


def _remove(client: APIClient, tag: str) -> bool:
    try:
        client.remove_image(tag)
    except APIError:
        return False  # a container that is not ours uses it
    return True
