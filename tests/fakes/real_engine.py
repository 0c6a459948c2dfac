"""A corner of the real engine for one test: objects under a random instance, gone afterwards."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

from docker.api.client import APIClient
from docker.errors import DockerException, NotFound

from controlplane.containers.spec import INSTANCE, network_name

ADDRESS = "unix:///var/run/docker.sock"
BASE = "flowhq-base"


class RealEngine:
    """The engine as somebody outside FlowHQ would use it: `docker kill`, `docker rm`, ..."""

    def __init__(self, client: APIClient, instance: str) -> None:
        self.client = client
        self.instance = instance
        self._tags: list[str] = []

    def build_image(self, *, variant: str = "one") -> str:
        """An image that does what the variable PROGRAM says; another variant, another id."""
        tag = f"flowhq-test-{self.instance}:{variant}"
        make_image(self.client, tag, variant=variant)
        self._tags.append(tag)
        return tag

    def clear_objects(self) -> None:
        """All but the images."""
        ours = {"label": f"{INSTANCE}={self.instance}"}
        for found in self.client.containers(all=True, filters=ours):
            self.client.remove_container(found["Id"], force=True, v=True)
        for found in self.client.volumes(filters=ours)["Volumes"] or []:
            self.client.remove_volume(found["Name"], force=True)
        for found in self.client.networks(filters=ours):
            with suppress(NotFound):
                self.client.remove_network(found["Id"])
        with suppress(NotFound):  # one that a test made without our labels
            self.client.remove_network(network_name(self.instance))

    def clear(self) -> None:
        self.clear_objects()
        for tag in self._tags:
            with suppress(NotFound):
                self.client.remove_image(tag, force=True)


def make_image(client: APIClient, tag: str, *, variant: str) -> None:
    base = find_base(client)
    recipe = (
        f"FROM {base}\nLABEL flowhq.test={variant}\n"
        'ENTRYPOINT ["sh", "-c", "eval \\"$PROGRAM\\""]\n'
    )
    for line in client.build(fileobj=io.BytesIO(recipe.encode()), tag=tag, rm=True, decode=True):
        assert "error" not in line, line["error"]


def find_base(client: APIClient) -> str:
    tags = [tag for image in client.images(BASE) for tag in image["RepoTags"] or []]
    return next(iter(tags), "")


def find_client() -> APIClient | None:
    """None where no engine answers, or none that has the base image."""
    try:
        client = APIClient(base_url=ADDRESS)
        client.ping()
    except DockerException:
        return None
    if not find_base(client):
        client.close()
        return None
    return client


@contextmanager
def open_real_engine() -> Iterator[RealEngine | None]:
    client = find_client()
    if client is None:
        yield None
        return
    engine = RealEngine(client, f"t{uuid4().hex[:10]}")
    try:
        yield engine
    finally:
        engine.clear()
        client.close()
