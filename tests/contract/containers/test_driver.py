"""What every container runtime promises; the fake and the real engine pass the same."""

import asyncio
from contextlib import aclosing
from datetime import timedelta

import pytest

from controlplane.containers.driver import ContainerState
from controlplane.containers.spec import worker_network_name
from shared.errors import ContainerRuntimeError, ForeignContainerError
from shared.ids import new_tenant_id
from tests.fakes.programs import CRASH, REFUSED, SLEEP, STUBBORN, TALKS_AT_THE_END

GRACE = timedelta(seconds=1)


async def ended(bench, container):
    """The container's end, awaited by looking, as the reconciler does."""
    async with asyncio.timeout(20):
        while True:
            seen = await bench.driver.inspect_container(container)
            if seen is not None and seen.state is ContainerState.EXITED:
                return seen
            await asyncio.sleep(0.02)


async def test_the_engine_answers_and_says_its_version(bench):
    await bench.driver.ping()
    assert await bench.driver.get_engine_version()


async def test_a_network_is_made_once_and_has_a_gateway(bench):
    first = await bench.driver.ensure_network()
    assert await bench.driver.ensure_network() == first
    assert first.gateway.count(".") == 3
    assert len(first.bridge) <= 15


async def test_a_network_of_somebody_else_is_left_alone(bench):
    bench.outside.occupy_network()
    with pytest.raises(ForeignContainerError):
        await bench.driver.ensure_network()


async def test_a_created_container_is_listed_with_what_it_was_made_for(bench):
    container = await bench.create(generation=7)
    (seen,) = await bench.driver.list_containers()
    assert (seen.id, seen.name, seen.tenant_id) == (container, bench.name, bench.tenant_id)
    assert (seen.generation, seen.spec_hash) == (7, bench.spec().hash)
    assert seen.state is ContainerState.CREATED
    assert seen.image_id == await bench.driver.find_image_id(bench.image)


async def test_a_container_that_never_ran_has_no_exit_code(bench):
    seen = await bench.driver.inspect_container(await bench.create())
    assert seen is not None
    assert (seen.exit_code, seen.started_at, seen.finished_at) == (None, None, None)


async def test_a_started_container_runs_since_an_instant(bench):
    container = await bench.start()
    seen = await bench.driver.inspect_container(container)
    assert seen is not None
    assert seen.state is ContainerState.RUNNING
    assert seen.started_at is not None
    assert seen.exit_code is None


async def test_starting_what_runs_is_a_success(bench):
    container = await bench.start()
    await bench.driver.start_container(container)


async def test_a_container_is_started_by_name_too(bench):
    await bench.create()
    await bench.driver.start_container(bench.name)
    (seen,) = await bench.driver.list_containers()
    assert seen.state is ContainerState.RUNNING


async def test_a_paused_container_goes_on_when_started(bench):
    container = await bench.start()
    bench.outside.pause(bench.name)
    (seen,) = await bench.driver.list_containers()
    assert seen.state is ContainerState.PAUSED
    await bench.driver.start_container(container)
    (seen,) = await bench.driver.list_containers()
    assert seen.state is ContainerState.RUNNING


async def test_starting_what_is_gone_is_an_error(bench):
    with pytest.raises(ContainerRuntimeError):
        await bench.driver.start_container(bench.name)


async def test_a_drained_container_ends_as_it_wants_to(bench):
    container = await bench.start(SLEEP)
    await bench.driver.stop_container(container, grace=timedelta(seconds=10))
    assert (await ended(bench, container)).exit_code == 0


async def test_a_container_that_does_not_drain_is_killed_after_the_grace(bench):
    container = await bench.start(STUBBORN)
    await bench.driver.stop_container(container, grace=GRACE)
    assert (await ended(bench, container)).exit_code == 137


async def test_a_killed_container_shows_137_and_when(bench):
    container = await bench.start()
    await bench.driver.kill_container(container)
    seen = await ended(bench, container)
    assert seen.exit_code == 137
    assert not seen.oom_killed
    assert seen.finished_at > seen.started_at


async def test_a_container_that_ended_by_itself_shows_its_code_and_last_lines(bench):
    container = await bench.start(REFUSED)
    assert (await ended(bench, container)).exit_code == 64
    lines = await bench.driver.tail_log(container, lines=1)
    assert lines == list(REFUSED.lines)


async def test_a_log_is_read_from_its_end(bench):
    container = await bench.start(CRASH)
    await ended(bench, container)
    assert await bench.driver.tail_log(container, lines=1) == ["second"]
    assert await bench.driver.tail_log(container, lines=9) == ["first", "second"]


async def test_a_log_is_followed_from_near_its_end_until_the_container_ends(bench):
    container = await bench.start(CRASH)
    await ended(bench, container)
    for lines, expected in ((1, ["second"]), (9, ["first", "second"])):
        assert await followed(bench, container, lines=lines) == expected


async def test_a_follower_hears_what_is_said_later_and_signs_of_life_before(bench):
    container = await bench.start(TALKS_AT_THE_END)
    quiet = timedelta(milliseconds=100)
    heard = []
    async with aclosing(bench.driver.follow_log(container, lines=9, quiet=quiet)) as batches:
        async for batch in batches:
            heard.append(batch)
            if heard == [[]]:
                await bench.driver.stop_container(container, grace=timedelta(seconds=10))
    assert heard[0] == []
    assert [line for batch in heard for line in batch] == ["good bye"]


async def test_a_follower_may_leave_while_nothing_is_said(bench):
    container = await bench.start(SLEEP)
    batches = bench.driver.follow_log(container, lines=9, quiet=timedelta(milliseconds=10))
    assert await anext(batches) == []
    await batches.aclose()


async def test_a_container_that_is_gone_has_no_log_to_follow(bench):
    assert await followed(bench, bench.name, lines=9) == []


async def followed(bench, container, *, lines):
    said = []
    async with aclosing(
        bench.driver.follow_log(container, lines=lines, quiet=timedelta(seconds=10))
    ) as batches:
        async for batch in batches:
            said += batch
    return said


async def test_a_container_that_ended_is_started_again_under_the_same_id(bench):
    container = await bench.start()
    await bench.driver.kill_container(container)
    first = await ended(bench, container)
    await bench.driver.start_container(container)
    again = await bench.driver.inspect_container(container)
    assert again is not None
    assert again.state is ContainerState.RUNNING
    assert again.started_at > first.started_at
    assert again.exit_code is None


async def test_ending_and_removing_what_is_gone_is_a_success(bench):
    container = await bench.start()
    for _ in range(2):
        await bench.driver.stop_container(container, grace=GRACE)
        await bench.driver.kill_container(container)
    for _ in range(2):
        await bench.driver.remove_container(container)
    await bench.driver.stop_container(container, grace=GRACE)
    await bench.driver.kill_container(container)
    assert await bench.driver.inspect_container(container) is None
    assert await bench.driver.tail_log(container, lines=5) == []
    assert await bench.driver.list_containers() == []


async def test_a_running_container_is_not_removed_by_mistake(bench):
    container = await bench.start()
    with pytest.raises(ContainerRuntimeError):
        await bench.driver.remove_container(container)


async def test_creating_again_what_never_ran_adopts_it_and_gives_it_the_new_token(bench):
    first = await bench.create(token="old")
    assert await bench.create(token="new") == first
    assert bench.outside.read_token(first) == "new"


async def test_each_tenant_has_a_network_which_comes_with_its_container_and_is_removed(bench):
    first, second = bench.tenant_id, new_tenant_id()
    await bench.create()
    bench.tenant_id = second
    await bench.create()
    main = bench.outside.list_networks() - {*map(worker_network_name, (first, second))}
    assert len(bench.outside.list_networks() - main) == 2
    for tenant_id in (first, second):
        bench.tenant_id = tenant_id
        await bench.driver.remove_container(bench.name)
        await bench.driver.remove_network(tenant_id)
        await bench.driver.remove_network(tenant_id)
    assert bench.outside.list_networks() == main


async def test_a_token_is_where_the_worker_looks_and_not_in_what_the_engine_shows(bench):
    container = await bench.create(token="fhw_very-secret")
    assert bench.outside.read_token(container) == "fhw_very-secret"
    assert "very-secret" not in bench.outside.describe(container)


async def test_what_a_worker_put_in_the_tokens_place_makes_way(bench):
    await bench.create(token="old")
    bench.outside.replace_token(bench.tenant_id)
    container = await bench.create(token="new")
    assert bench.outside.read_token(container) == "new"


async def test_a_container_with_a_token_that_is_no_longer_good_makes_way(bench):
    first = await bench.create(token="old")
    await bench.driver.start_container(first)
    second = await bench.create(token="new")
    assert second != first
    assert [seen.id for seen in await bench.driver.list_containers()] == [second]


async def test_a_container_of_another_generation_makes_way(bench):
    assert await bench.create(generation=1) != await bench.create(generation=2)


async def test_a_container_of_somebody_else_is_left_alone(bench):
    bench.outside.occupy_container(bench.name)
    with pytest.raises(ForeignContainerError):
        await bench.create()


async def test_an_image_that_is_not_there_is_said_to_be_missing(bench):
    assert await bench.driver.find_image_id("flowhq-no-such:image") is None
    spec = bench.spec(image="flowhq-no-such:image")
    with pytest.raises(ContainerRuntimeError, match="flowhq-no-such:image"):
        await bench.driver.create_container(spec, generation=1, token="t")


async def test_a_start_that_fails_leaves_nothing_that_owns_the_name(bench):
    container = await bench.create()
    bench.outside.drop_network()
    with pytest.raises(ContainerRuntimeError, match="network"):
        await bench.driver.start_container(container)
    assert await bench.driver.inspect_container(bench.name) is None


async def test_two_instances_do_not_see_each_other(bench):
    await bench.create()
    await bench.driver.ensure_volume(bench.tenant_id, size=1 << 30)
    assert await bench.other_instance.list_containers() == []
    assert await bench.other_instance.inspect_container(bench.name) is None
    assert await bench.other_instance.list_volumes() == []


async def test_a_volume_is_made_once_listed_and_removed_once(bench):
    for _ in range(2):
        await bench.driver.ensure_volume(bench.tenant_id, size=1 << 30)
    (seen,) = await bench.driver.list_volumes()
    assert (seen.tenant_id, seen.name) == (bench.tenant_id, bench.volume)
    for _ in range(2):
        await bench.driver.remove_volume(bench.tenant_id)
    assert await bench.driver.list_volumes() == []


async def test_a_volume_of_somebody_else_is_left_alone(bench):
    bench.outside.occupy_volume(bench.volume)
    with pytest.raises(ForeignContainerError):
        await bench.driver.ensure_volume(bench.tenant_id, size=1 << 30)
    with pytest.raises(ForeignContainerError):
        await bench.driver.remove_volume(bench.tenant_id)


async def test_a_volume_in_use_is_not_removed(bench):
    await bench.driver.ensure_volume(bench.tenant_id, size=1 << 30)
    await bench.create()
    with pytest.raises(ContainerRuntimeError):
        await bench.driver.remove_volume(bench.tenant_id)


async def test_a_volume_is_measured_by_what_was_written_to_it(bench):
    await bench.driver.ensure_volume(bench.tenant_id, size=1 << 30)
    assert (await bench.driver.measure_volumes())[bench.tenant_id] < 1 << 20
    bench.outside.fill_volume(bench.tenant_id, 3 << 20)
    assert 3 << 20 <= (await bench.driver.measure_volumes())[bench.tenant_id] < 4 << 20


async def test_volumes_of_other_instances_are_not_measured(bench):
    bench.outside.occupy_volume(bench.volume)
    assert bench.tenant_id not in await bench.driver.measure_volumes()
