"""The fleet over time, on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from controlplane.reconcile.sampling import sample_for_ever
from shared.clock import SystemClock
from shared.enums import TenantStatus
from shared.stores import fleet_samples, tenant_lists, tenants
from shared.tables import FleetSample
from shared.tasks import TaskGroup
from tests.fakes.businesses import NOW, business
from tests.fakes.fleet import until

pytestmark = pytest.mark.usefixtures("database")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


async def count_at(at):
    counts = await tenant_lists.count_tenants(now=NOW)
    return await fleet_samples.record(msgspec.structs.replace(counts, at=at))


async def kept(now=NOW):
    found = await fleet_samples.list_samples(since=now - 400 * DAY, until=now, step=MINUTE)
    return [sample.at for sample in found]


async def test_a_minute_is_counted_once_whoever_counts():
    assert await count_at(NOW + timedelta(seconds=3))
    assert not await count_at(NOW + timedelta(seconds=59))
    assert await count_at(NOW + MINUTE)
    assert await kept(NOW + MINUTE) == [NOW, NOW + MINUTE]


async def test_a_sample_says_how_many_were_how():
    for number in range(2):
        await tenants.create(business(number))
    await count_at(NOW)
    [sample] = await fleet_samples.list_samples(since=NOW - HOUR, until=NOW, step=MINUTE)
    assert sample.status == {TenantStatus.NEW: 2}
    assert (sum(sample.worker.values()), sum(sample.session.values())) == (2, 2)


async def test_of_each_step_the_last_is_given_and_an_empty_one_is_left_out():
    for minutes in (9, 8, 4, 0):
        await count_at(NOW - minutes * MINUTE)
    found = await fleet_samples.list_samples(since=NOW - HOUR, until=NOW, step=5 * MINUTE)
    assert [sample.at for sample in found] == [NOW - 8 * MINUTE, NOW - 4 * MINUTE, NOW]


async def test_a_week_is_kept_whole_then_an_hour_is_one_sample_and_then_nothing():
    whole = [NOW - 7 * DAY, NOW - 7 * DAY + MINUTE]
    hourly = [NOW - 8 * DAY + 5 * MINUTE, NOW - 8 * DAY + 6 * MINUTE, NOW - 8 * DAY + HOUR]
    for at in (NOW - 91 * DAY, *hourly, *whole):
        await count_at(at)
    await fleet_samples.thin(now=NOW)
    assert await kept() == [hourly[0], hourly[2], *whole]


async def test_only_the_control_plane_that_acts_counts():
    leading = asyncio.Event()
    async with TaskGroup() as tasks:
        tasks.supervise("samples", sample_for_ever(leading=leading, clock=SystemClock()))
        await FleetSample.count()  # as long as a look takes
        assert await FleetSample.count() == 0
        leading.set()
        assert await until(FleetSample.count) == 1
