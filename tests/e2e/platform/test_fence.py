"""From inside the workers' network: what can be reached, and what cannot."""

from collections.abc import Iterator

import pytest

from tests.e2e.platform.running import Platform
from tests.e2e.reaching import careless_service, find_gateway, find_other_address, reach

pytestmark = pytest.mark.e2e


@pytest.fixture
def careless() -> Iterator[int]:
    with careless_service() as port:
        yield port


def _try(platform: Platform, targets: list[tuple[str, int]]) -> dict[str, str]:
    image = platform.containers()[0]["Image"]
    return reach(platform.engine, platform.instance, image, targets)


def test_a_worker_reaches_the_gateway_and_no_other_service_of_the_host(
    platform: Platform, careless: int
) -> None:
    here, other = find_gateway(platform.engine, platform.instance), find_other_address()
    seen = _try(platform, [(here, platform.ports[1]), (here, careless), (other, careless)])
    assert seen.pop(f"{here}:{platform.ports[1]}") == "open"
    assert set(seen) == {f"{here}:{careless}", f"{other}:{careless}"}
    assert all("open" not in outcome for outcome in seen.values()), seen


def test_another_worker_cannot_be_reached(platform: Platform) -> None:
    workers = [c for c in platform.containers() if c["State"] == "running"]
    addresses = [
        network["IPAddress"]
        for worker in workers
        for network in worker["NetworkSettings"]["Networks"].values()
    ]
    assert len(addresses) >= 2
    seen = _try(platform, [(address, 9) for address in addresses])
    # A worker that could be reached would refuse: nothing listens there.
    assert not any(outcome == "open" or "refused" in outcome for outcome in seen.values()), seen
