from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from controlplane.containers.docker_driver import DockerDriver
from controlplane.containers.events import EventWatch
from controlplane.containers.spec import WorkerTemplate
from controlplane.reconcile.loop import Reconciler
from shared.clock import SystemClock
from shared.db.engine import Database
from tests.fakes.containers import FakeEngine
from tests.fakes.fleet import LIMITS, FakeFleet, Fleet
from tests.fakes.programs import SLEEP
from tests.fakes.real_engine import ADDRESS, RealEngine, open_real_engine


@pytest.fixture(scope="module")
def engine() -> Iterator[RealEngine]:
    with open_real_engine() as opened:
        if opened is None:
            pytest.skip("no engine with a base image answers")
        yield opened


@pytest.fixture(scope="module")
def images(engine: RealEngine) -> tuple[str, str]:
    return engine.build_image(variant="one"), engine.build_image(variant="two")


@pytest.fixture
async def real_fleet(
    engine: RealEngine,
    images: tuple[str, str],
    database: Database,  # noqa: ARG001  bound by being there
) -> AsyncIterator[Fleet]:
    async with AsyncExitStack() as stack:
        driver = DockerDriver(instance=engine.instance, base_url=ADDRESS)
        stack.push_async_callback(driver.aclose)
        stack.callback(engine.clear_objects)
        await driver.ensure_network()
        template = WorkerTemplate(
            instance=engine.instance,
            image=images[0],
            gateway_url="ws://gateway",
            environment=SLEEP.environment,
            limits=LIMITS,
        )
        yield Fleet(driver, template, lambda reconciler: _watch(engine, reconciler))


def _watch(engine: RealEngine, reconciler: Reconciler) -> EventWatch:
    return EventWatch(
        instance=engine.instance,
        base_url=ADDRESS,
        wake=reconciler.wake,
        wake_all=reconciler.wake_all,
        clock=SystemClock(),
    )


@pytest.fixture
async def fake_fleet(database: Database) -> FakeFleet:  # noqa: ARG001  bound by being there
    made = FakeFleet(FakeEngine())
    made.engine.images["worker:1"] = "sha256:1"
    await made.driver.ensure_network()
    return made
