"""Whatever is there at first: following the plan ends, and then there is nothing to plan."""

import asyncio
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from controlplane.containers.driver import ContainerState
from controlplane.reconcile.actions import Create, Drain, Kill, Start
from controlplane.reconcile.executor import Executor
from controlplane.reconcile.judgement import TenantView, judge, want
from shared.enums import DesiredState, ExitCode
from tests.fakes.containers import FakeContainer, FakeDriver, FakeEngine
from tests.fakes.observations import NOW, SPEC, TEMPLATE, TENANT, worker

STATES = [
    ContainerState.CREATED,
    ContainerState.RUNNING,
    ContainerState.PAUSED,
    ContainerState.EXITED,
]
# More than the longest way from any state: retire, look again, bring up or forget.
MOST_PASSES = 4

generations = st.integers(0, 3)
containers = st.builds(
    FakeContainer,
    spec=st.just(SPEC),
    id=st.text("0123456789abcdef", min_size=8, max_size=8),
    generation=generations,
    token=st.just("t"),
    name=st.just(SPEC.name),
    image_id=st.sampled_from(["sha256:1", "sha256:0"]),
    state=st.sampled_from(STATES),
    exit_code=st.just(0),
    started_at=st.just(NOW - timedelta(hours=1)),
    finished_at=st.just(NOW - timedelta(minutes=30)),
)
workers = st.none() | st.builds(
    worker,
    st.sampled_from(DesiredState),
    generation=generations,
    kill_below_generation=generations,
)


class World:
    """One tenant on a fake engine, and the row that says what is wanted."""

    def __init__(self, desired, containers):
        self.engine = FakeEngine()
        self.engine.images[TEMPLATE.image] = "sha256:1"
        self.engine.networks.add(SPEC.network)
        # The canonical name is taken once; copies were made by hand under other names.
        for number, container in enumerate(containers):
            container.name = SPEC.name if number == 0 else f"copy-{number}"
            self.engine.containers[container.name] = container
        self.driver = FakeDriver(self.engine, instance=TEMPLATE.instance)
        self.desired = desired
        self.executor = Executor(
            self.driver,
            issue_token=self._issue,
            forget_tenant=self._forget,
            grace=TEMPLATE.limits.stop_grace,
        )

    async def _issue(self, tenant_id, generation):
        return f"token-{generation}"

    async def _forget(self, tenant_id):
        self.desired = None

    async def effects(self):
        listed = await self.driver.list_containers()
        seen = [await self.driver.inspect_container(container.id) for container in listed]
        asked = None
        if self.desired is not None:
            asked = want(self.desired, TEMPLATE.spec_for(self.desired), image_id="sha256:1")
        view = TenantView(
            tenant_id=TENANT,
            at=self.engine.now,
            containers=[container for container in seen if container],
            worker=self.desired,
            wanted=asked,
        )
        return judge(view).effects

    def alive(self):
        live = {ContainerState.RUNNING, ContainerState.PAUSED}
        return [c for c in self.engine.containers.values() if c.state in live]


async def follow(world):
    for _ in range(MOST_PASSES):
        effects = await world.effects()
        if not effects:
            return
        kinds = {type(effect) for effect in effects}
        # Stop before start, never both in one plan.
        assert not (kinds & {Drain, Kill} and kinds & {Create, Start})
        before = len(world.alive())
        for effect in effects:
            await world.executor.execute(effect)
            assert len(world.alive()) <= max(before, 1)
    raise AssertionError("the plan does not end")


@given(desired=workers, there=st.lists(containers, max_size=3, unique_by=lambda c: c.id))
def test_following_the_plan_ends_where_nothing_is_left_to_plan(desired, there):
    world = World(desired, there)
    with capture_logs():
        asyncio.run(_check(world, desired))


async def _check(world, desired):
    await follow(world)
    assert await world.effects() == []
    alive = world.alive()
    if desired is None or desired.desired_state is not DesiredState.RUNNING:
        assert not world.engine.containers
        return
    (container,) = alive
    assert container.generation == desired.generation
    assert container.image_id == "sha256:1"
    assert len(world.engine.containers) == 1
    assert container.exit_code in {None, ExitCode.WANTED}
