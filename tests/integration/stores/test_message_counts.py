"""Counts by the hour are those of the log, and answer times those of the newest answers."""

from datetime import timedelta

import pytest

from shared.enums import Direction, MessageKind
from shared.ids import TenantId
from shared.stores import message_counts, messages, tenants
from shared.stores.message_counts import count_between
from shared.structs.counts import AnswerTimes, Count
from tests.fakes.businesses import NOW, business, message

pytestmark = pytest.mark.usefixtures("database")
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
# Rows are dated by the database: earlier and later than any of them, whenever this runs.
AGES = timedelta(days=20_000)
BEFORE, AFTER = NOW - AGES, NOW + AGES


@pytest.fixture
async def tenant_id() -> TenantId:
    return TenantId((await tenants.create(business())).id)


def answer(name: str, to: str, *, after: timedelta, **changes):
    return message(
        name, direction=Direction.OUT, in_reply_to=to, occurred_at=NOW + after, **changes
    )


async def test_messages_are_counted_by_hour_and_direction(tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    await messages.append_messages(other, [message("x")])
    await messages.append_messages(
        tenant_id,
        [message("a"), message("b", occurred_at=NOW + HOUR - SECOND),
         message("c", occurred_at=NOW + HOUR), answer("d", "a", after=SECOND)],
    )  # fmt: skip
    edges = [NOW - HOUR, NOW, NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR]
    assert await count_between(tenant_id, edges) == [Count(), Count(2, 1), Count(1), Count()]
    assert await count_between(tenant_id, [NOW, NOW + 2 * HOUR]) == [Count(3, 1)]


async def test_what_is_told_again_is_counted_once(tenant_id):
    for _ in range(2):
        await messages.append_messages(tenant_id, [message("a"), message("b"), message("a")])
    assert await count_between(tenant_id, [NOW, NOW + HOUR]) == [Count(2)]


async def test_what_stood_in_for_a_message_is_not_counted_beside_it(tenant_id):
    await messages.append_messages(tenant_id, [message("a", kind=MessageKind.UNREADABLE)])
    await messages.append_messages(tenant_id, [message("a"), message("b")])
    assert await count_between(tenant_id, [NOW, NOW + HOUR]) == [Count(2)]


async def test_how_long_customers_waited(tenant_id):
    log = [message(f"in{n}") for n in range(1, 21)]
    log += [answer(f"out{n}", f"in{n}", after=n * SECOND) for n in range(1, 21)]
    await messages.append_messages(tenant_id, log)
    found = await message_counts.find_answer_times(tenant_id, since=BEFORE)
    assert found == AnswerTimes(
        answers=20, median=timedelta(seconds=10.5), p95=timedelta(seconds=19.05)
    )


async def test_what_is_no_answer_has_no_time(tenant_id):
    await messages.append_messages(
        tenant_id,
        [message("in"), answer("r", "in", after=SECOND, kind=MessageKind.REACTION),
         answer("to nothing", "unknown", after=SECOND),
         message("queued", direction=Direction.OUT)],
    )  # fmt: skip
    assert await message_counts.find_answer_times(tenant_id, since=BEFORE) is None


async def test_an_answer_that_seems_to_come_first_took_no_time(tenant_id):
    await messages.append_messages(tenant_id, [message("in"), answer("out", "in", after=-SECOND)])
    found = await message_counts.find_answer_times(tenant_id, since=BEFORE)
    assert found is not None
    assert found.median == timedelta(0)


async def test_only_answers_since_then_count(tenant_id):
    await messages.append_messages(tenant_id, [message("in"), answer("out", "in", after=SECOND)])
    assert await message_counts.find_answer_times(tenant_id, since=AFTER) is None


async def test_counts_go_with_the_tenant(tenant_id):
    await messages.append_messages(tenant_id, [message("a")])
    await tenants.delete(tenant_id)
    assert await count_between(tenant_id, [NOW, NOW + HOUR]) == [Count()]
