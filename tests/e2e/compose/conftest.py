"""One deployment for all tests of this folder: brought up once, removed at the end."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from launcher import engine, environment
from launcher.paths import ROOT, Paths
from tests.e2e.compose import images
from tests.e2e.compose.deployment import Deployment, free_ports


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    address = engine.address_of(environment.current())
    if not address.startswith("unix://") or engine.find_engine(address) is None:
        pytest.skip("no Docker engine answers on this machine")
    # The launcher's own directory, so that its `down --purge` knows the images made here.
    paths = Paths(root=ROOT, state=ROOT / ".flowhq")
    made = images.prepare(paths, address)
    api, gateway, portal = free_ports(3)
    deployed = Deployment(
        address=address,
        images=made,
        instance=f"t{uuid4().hex[:7]}",
        ports=(api, gateway, portal),
    )
    try:
        yield deployed
    finally:
        deployed.remove()
        deployed.engine.close()
