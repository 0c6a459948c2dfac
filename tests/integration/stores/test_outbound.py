"""Queued messages on a real PostgreSQL: every way from QUEUED to an end."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.db.engine import transaction
from shared.enums import Direction, OutboundState, ReceiptKind
from shared.errors import ConflictError, NotFoundError
from shared.ids import TenantId, new_tenant_id
from shared.stores import messages, outbound, outbound_work, tenants, workers
from shared.stores.outbound import IdempotencyKeyReusedError
from shared.structs.content import TextContent
from shared.structs.outbound import NewOutbound, NotSent, Receipt, Sent
from shared.tables import EarlyReceipt
from tests.fakes.businesses import NOW, business, message

pytestmark = pytest.mark.usefixtures("database")

SECOND = timedelta(seconds=1)


def wanted(text: str = "Karibu", **changes) -> NewOutbound:
    return NewOutbound(to="+255754000001", content=TextContent(text=text), **changes)


async def queue(tenant_id: TenantId, *given: NewOutbound, key=None, fingerprint="f", now=NOW):
    async with transaction():
        queued = await outbound.enqueue(
            tenant_id, given or [wanted()], fingerprint=fingerprint, key=key, now=now
        )
    return [each.id for each in queued]


async def state_of(tenant_id, message_id):
    return (await outbound.get(tenant_id, message_id)).state


async def claim(tenant_id, *, epoch, now=NOW, limit=32):
    return await outbound_work.claim(tenant_id, epoch=epoch, now=now, limit=limit)


async def tell_sent(tenant_id, message_id, wa_message_id="WA1", *, receipts=()):
    """As the gateway does: all in one transaction."""
    async with transaction():
        await messages.append_messages(tenant_id, [message(wa_message_id, direction=Direction.OUT)])
        await outbound_work.settle(
            tenant_id,
            sent=[Sent(id=message_id, wa_message_id=wa_message_id, at=NOW)],
            not_sent=[],
        )
        await outbound_work.settle_receipts(tenant_id, receipts, logged=[wa_message_id])


def receipt(kind: ReceiptKind, *, after: timedelta = SECOND, of: str = "WA1") -> Receipt:
    return Receipt(wa_message_id=of, kind=kind, at=NOW + after)


@pytest.fixture
async def epoch(tenant_id) -> int:
    return await workers.next_epoch(tenant_id)


async def test_a_thousand_are_queued_in_the_order_given(tenant_id, epoch):
    ids = await queue(tenant_id, *(wanted(str(number)) for number in range(1000)))
    claimed = await claim(tenant_id, epoch=epoch, limit=1000)
    assert [each.id for each in claimed] == ids
    assert [each.content.text for each in claimed] == [str(number) for number in range(1000)]


async def test_the_same_key_and_request_queue_once(tenant_id):
    first = await queue(tenant_id, wanted("a"), wanted("b"), key="k")
    assert await queue(tenant_id, wanted("a"), wanted("b"), key="k") == first
    assert len((await outbound.list_page(tenant_id, limit=10)).items) == 2


async def test_the_same_key_at_the_same_moment_queues_once(tenant_id):
    every = await asyncio.gather(*(queue(tenant_id, key="k") for _ in range(8)))
    assert len({ids[0] for ids in every}) == 1
    assert len((await outbound.list_page(tenant_id, limit=10)).items) == 1


async def test_the_same_key_for_another_request_queues_nothing(tenant_id):
    await queue(tenant_id, wanted("a"), key="k", fingerprint="one")
    with pytest.raises(IdempotencyKeyReusedError):
        await queue(tenant_id, wanted("a"), wanted("b"), key="k", fingerprint="two")
    assert len((await outbound.list_page(tenant_id, limit=10)).items) == 1


async def test_two_tenants_may_use_the_same_key(tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    assert await queue(tenant_id, key="k") != await queue(other, key="k")


async def test_nothing_is_queued_for_a_tenant_that_is_gone():
    with pytest.raises(NotFoundError):
        await queue(new_tenant_id())


async def test_what_one_tenant_queued_is_not_anothers(tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    (mine,) = await queue(tenant_id)
    for attempt in (outbound.get(other, mine), outbound.cancel(other, mine, now=NOW)):
        with pytest.raises(NotFoundError):
            await attempt
    assert await claim(other, epoch=await workers.next_epoch(other)) == []
    await outbound_work.settle(other, sent=[Sent(id=mine, wa_message_id="X", at=NOW)], not_sent=[])
    await outbound_work.record_taken(other, mine, cancelled=True, now=NOW)
    assert await state_of(tenant_id, mine) is OutboundState.QUEUED


async def test_a_message_is_claimed_once_and_by_the_newest_connection_alone(tenant_id, epoch):
    await queue(tenant_id)
    newer = await workers.next_epoch(tenant_id)
    assert await claim(tenant_id, epoch=epoch) == []
    assert len(await claim(tenant_id, epoch=newer)) == 1
    assert await claim(tenant_id, epoch=newer) == []


async def test_two_claimers_at_once_take_different_messages(tenant_id, epoch):
    ids = await queue(tenant_id, *(wanted(str(number)) for number in range(20)))
    both = await asyncio.gather(*(claim(tenant_id, epoch=epoch, limit=20) for _ in range(4)))
    taken = [each.id for claimed in both for each in claimed]
    assert sorted(taken) == sorted(ids)


async def test_only_so_many_are_unsettled_at_a_time(tenant_id, epoch):
    ids = await queue(tenant_id, *(wanted(str(number)) for number in range(5)))
    assert [each.id for each in await claim(tenant_id, epoch=epoch, limit=3)] == ids[:3]
    assert await claim(tenant_id, epoch=epoch, limit=3) == []
    await tell_sent(tenant_id, ids[0])
    assert [each.id for each in await claim(tenant_id, epoch=epoch, limit=3)] == ids[3:4]


async def test_a_new_connection_is_handed_what_the_last_one_had_and_in_order(tenant_id, epoch):
    ids = await queue(tenant_id, wanted("a"), wanted("b"), wanted("c"))
    await claim(tenant_id, epoch=epoch, limit=2)
    await outbound_work.record_taken(tenant_id, ids[0], cancelled=False, now=NOW)
    again = await claim(tenant_id, epoch=await workers.next_epoch(tenant_id))
    assert [(each.id, each.taken) for each in again] == [
        (ids[0], True),
        (ids[1], False),
        (ids[2], False),
    ]


async def test_what_was_not_answered_is_offered_again_after_a_while(tenant_id, epoch):
    ids = await queue(tenant_id, wanted("lost"), wanted("taken"))
    await claim(tenant_id, epoch=epoch)
    await outbound_work.record_taken(tenant_id, ids[1], cancelled=False, now=NOW)
    later = NOW + outbound_work.UNANSWERED_AFTER + SECOND
    assert await outbound_work.list_due([tenant_id], now=NOW) == []
    assert await outbound_work.list_due([tenant_id], now=later) == [tenant_id]
    assert [each.id for each in await claim(tenant_id, epoch=epoch, now=later)] == ids[:1]


async def test_a_message_for_later_waits(tenant_id, epoch):
    (later,) = await queue(tenant_id, wanted(send_at=NOW + 60 * SECOND))
    assert await claim(tenant_id, epoch=epoch) == []
    assert await outbound_work.list_due([tenant_id], now=NOW + 59 * SECOND) == []
    assert await outbound_work.list_due([tenant_id], now=NOW + 60 * SECOND) == [tenant_id]
    claimed = await claim(tenant_id, epoch=epoch, now=NOW + 60 * SECOND)
    assert [each.id for each in claimed] == [later]


async def test_an_expired_message_is_never_claimed_even_before_the_sweep(tenant_id, epoch):
    (late,) = await queue(tenant_id, wanted(expires_at=NOW + SECOND))
    assert await claim(tenant_id, epoch=epoch, now=NOW + SECOND) == []
    assert await outbound_work.expire(now=NOW) == 0
    assert await outbound_work.expire(now=NOW + SECOND) == 1
    assert await state_of(tenant_id, late) is OutboundState.EXPIRED


async def test_what_a_worker_has_is_not_expired_here(tenant_id, epoch):
    (late,) = await queue(tenant_id, wanted(expires_at=NOW + SECOND))
    await claim(tenant_id, epoch=epoch)
    assert await outbound_work.expire(now=NOW + SECOND) == 0
    assert await state_of(tenant_id, late) is OutboundState.SENDING


async def test_a_queued_message_is_cancelled_at_once_and_again(tenant_id, epoch):
    (message_id,) = await queue(tenant_id)
    for _ in range(2):
        cancelled = await outbound.cancel(tenant_id, message_id, now=NOW)
        assert cancelled.state is OutboundState.CANCELLED
    assert await claim(tenant_id, epoch=epoch) == []


@pytest.mark.parametrize("in_time", [True, False])
async def test_a_handed_over_message_is_cancelled_when_the_worker_says_so(
    tenant_id, epoch, in_time
):
    (message_id,) = await queue(tenant_id)
    await claim(tenant_id, epoch=epoch)
    asked = await outbound.cancel(tenant_id, message_id, now=NOW)
    assert asked.state is OutboundState.SENDING
    (told,) = await claim(tenant_id, epoch=epoch, now=NOW + SECOND)
    assert told.withdrawn
    assert await claim(tenant_id, epoch=epoch, now=NOW + SECOND) == []
    await outbound_work.record_taken(tenant_id, message_id, cancelled=in_time, now=NOW)
    expected = OutboundState.CANCELLED if in_time else OutboundState.SENDING
    assert await state_of(tenant_id, message_id) is expected


async def test_a_new_connection_is_asked_again_for_what_was_withdrawn(tenant_id, epoch):
    (message_id,) = await queue(tenant_id)
    await claim(tenant_id, epoch=epoch)
    await outbound.cancel(tenant_id, message_id, now=NOW)
    (told,) = await claim(tenant_id, epoch=await workers.next_epoch(tenant_id))
    assert told.withdrawn


async def test_a_cancellation_and_a_claim_at_once_never_both_win(tenant_id, epoch):
    for _ in range(20):
        (message_id,) = await queue(tenant_id)
        cancelled, claimed = await asyncio.gather(
            outbound.cancel(tenant_id, message_id, now=NOW), claim(tenant_id, epoch=epoch)
        )
        was_claimed = message_id in {each.id for each in claimed}
        assert (cancelled.state is OutboundState.CANCELLED) != was_claimed


async def test_a_sent_message_cannot_be_cancelled(tenant_id, epoch):
    (message_id,) = await queue(tenant_id)
    await claim(tenant_id, epoch=epoch)
    await tell_sent(tenant_id, message_id)
    with pytest.raises(ConflictError):
        await outbound.cancel(tenant_id, message_id, now=NOW)


@pytest.mark.parametrize("receipts", ["DELIVERED READ", "READ DELIVERED", "READ", "READ READ"])
@pytest.mark.parametrize("sent", ["before", "between", "after", "together"])
async def test_receipts_in_any_order_lead_to_read(tenant_id, epoch, receipts, sent):
    (message_id,) = await queue(tenant_id)
    await claim(tenant_id, epoch=epoch)
    told = [receipt(ReceiptKind(kind)) for kind in receipts.split()]
    if sent == "together":
        await tell_sent(tenant_id, message_id, receipts=told)
    else:
        steps = [[each] for each in told]
        at = {"before": 0, "between": 1, "after": len(steps)}[sent]
        for number, step in enumerate([*steps, []]):
            if number == at:
                await tell_sent(tenant_id, message_id)
            await outbound_work.settle_receipts(tenant_id, step, logged=[])
    shown = await outbound.get(tenant_id, message_id)
    assert shown.state is OutboundState.READ
    assert shown.read_at == shown.delivered_at == NOW + SECOND


async def test_events_told_again_change_nothing(tenant_id, epoch):
    (message_id,) = await queue(tenant_id)
    await claim(tenant_id, epoch=epoch)
    told = [receipt(ReceiptKind.DELIVERED), receipt(ReceiptKind.READ, after=2 * SECOND)]
    await tell_sent(tenant_id, message_id, receipts=told)
    before = await outbound.get(tenant_id, message_id)
    await tell_sent(tenant_id, message_id, receipts=told[:1])
    await outbound_work.settle_receipts(tenant_id, told, logged=[])
    assert await outbound.get(tenant_id, message_id) == before


@pytest.mark.parametrize("state", ["FAILED", "UNCERTAIN", "EXPIRED"])
async def test_the_first_word_about_what_was_not_sent_stays(tenant_id, epoch, state):
    (message_id,) = await queue(tenant_id)
    await claim(tenant_id, epoch=epoch)
    for told, reason in ((OutboundState(state), "first"), (OutboundState.FAILED, "second")):
        await outbound_work.settle(
            tenant_id, sent=[], not_sent=[NotSent(id=message_id, state=told, reason=reason)]
        )
    shown = await outbound.get(tenant_id, message_id)
    assert (shown.state, shown.reason) == (OutboundState(state), "first")


async def test_a_message_that_was_seen_to_go_is_sent_whatever_was_thought(tenant_id, epoch):
    (message_id,) = await queue(tenant_id)
    await claim(tenant_id, epoch=epoch)
    await outbound_work.record_taken(tenant_id, message_id, cancelled=True, now=NOW)
    await tell_sent(tenant_id, message_id)
    assert await state_of(tenant_id, message_id) is OutboundState.SENT


async def test_receipts_for_what_nobody_queued_do_not_pile_up(tenant_id):
    await messages.append_messages(tenant_id, [message("BOT", direction=Direction.OUT)])
    told = [receipt(ReceiptKind.READ, of="BOT"), receipt(ReceiptKind.READ, of="PHONE")]
    await outbound_work.settle_receipts(tenant_id, told, logged=[])
    assert await _early() == 1
    for hours, left in ((-1, 1), (1, 0)):
        await _date_early_back_by(outbound_work.EARLY_RECEIPTS_KEPT + timedelta(hours=hours))
        await outbound_work.forget_early_receipts()
        assert await _early() == left


async def test_a_page_holds_each_message_once_newest_first_and_of_one_state(tenant_id):
    ids = []
    for number in range(5):
        ids += await queue(tenant_id, now=NOW + number * SECOND)
    await outbound.cancel(tenant_id, ids[2], now=NOW)
    seen, cursor = [], None
    for _ in range(3):
        page = await outbound.list_page(tenant_id, limit=2, cursor=cursor)
        seen += [item.id for item in page.items]
        cursor = page.next_cursor
    assert (seen, cursor) == (ids[::-1], None)
    only = await outbound.list_page(tenant_id, limit=9, state=OutboundState.CANCELLED)
    assert [item.id for item in only.items] == [ids[2]]


async def test_an_id_that_is_unknown_is_not_found(tenant_id):
    with pytest.raises(NotFoundError):
        await outbound.get(tenant_id, uuid4())


async def _early() -> int:
    return await EarlyReceipt.count()


async def _date_early_back_by(age: timedelta) -> None:
    await EarlyReceipt.raw("UPDATE early_receipts SET created_at = now() - {}::interval", age)
