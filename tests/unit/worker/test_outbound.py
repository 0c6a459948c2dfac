"""Queued messages end to end within the worker: real SQLite, a client with a memory."""

import asyncio
from datetime import UTC, timedelta

import pytest

from shared.backoff import Backoff
from shared.clock import SystemClock
from shared.enums import FileProblem, MessageKind
from shared.quiet_hours import Quiet
from shared.structs.content import (
    EditContent,
    LocationContent,
    TextContent,
)
from shared.wire.events import (
    MessageSent,
    Party,
    SendExpired,
    SendFailed,
    SendUncertain,
)
from shared.wire.frames import CancelSend, Send, SendTaken
from tests.fakes.inbound import ASHA, OWN_PHONE, message
from tests.fakes.outbound_room import (
    ASHA_LID,
    AT_ONCE,
    BARAKA,
    BRIEFLY,
    IMAGE,
    opened,
)
from worker.database import Database, StorageError
from worker.inbox import rows
from worker.outbox import freeze as freeze_module
from worker.outbox import outbound_rows
from worker.outbox import sending as sending_module
from worker.outbox.outbound import LANES
from worker.outbox.pacing import Pacing
from worker.outbox.sending import MAX_REFUSALS
from worker.whatsapp.file_client import FileError
from worker.whatsapp.outcomes import (
    NoAccountError,
    NotSentError,
    SendLimitedError,
    SendRefusedError,
    SendUncertainError,
)


@pytest.fixture
async def room(database):
    async with opened(database) as made:
        yield made


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch):
    monkeypatch.setattr(sending_module, "_AGAIN", AT_ONCE)
    monkeypatch.setattr(freeze_module, "PAUSE", BRIEFLY)


async def test_what_is_queued_is_sent_and_told_with_its_id(room):
    await room.queue(1)
    [event] = await room.ended(1)
    assert isinstance(event, MessageSent)
    assert (event.outbound_id, event.text, event.own_phone) == ("O1", "text 1", OWN_PHONE)
    assert room.client.delivered[ASHA] == ["text 1"]


async def test_a_chat_gets_its_messages_in_order_and_one_at_a_time(room):
    await room.queue(*range(20))
    await room.ended(20)
    assert room.client.delivered[ASHA] == [f"text {n}" for n in range(20)]
    assert room.client.most_sending == 1


async def test_chats_go_side_by_side_and_leave_threads_for_answers(room):
    for number in range(20):
        await room.queue(number, to=f"+2557{number:08}")
    await room.ended(20)
    assert room.client.most_sending == LANES


async def test_what_did_not_leave_goes_later_in_its_order(room):
    room.client.failures = [NotSentError("websocket not connected")] * 3
    await room.queue(1, 2)
    await room.ended(2)
    assert room.client.delivered[ASHA] == ["text 1", "text 2"]


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        (SendRefusedError("server returned error 479"), SendFailed, "refused this message"),
        (NoAccountError("no LID found"), SendFailed, "not on WhatsApp"),
        (SendUncertainError("timed out"), SendUncertain, "did not confirm"),
    ],
    ids=["refused", "no account", "uncertain"],
)
async def test_what_cannot_go_ends_with_a_sentence_and_the_chat_goes_on(room, failure, kind, words):
    room.client.failures = [failure]
    await room.queue(1, 2)
    ended, sent = await room.ended(2)
    assert isinstance(ended, kind)
    assert words in ended.reason
    assert (ended.outbound_id, sent.outbound_id) == ("O1", "O2")
    assert room.client.delivered[ASHA] == ["text 2"]


async def test_a_number_without_an_account_is_not_even_tried(room):
    room.client.strangers.add(ASHA)
    await room.queue(1)
    [event] = await room.ended(1)
    assert isinstance(event, SendFailed)
    assert not room.client.delivered


async def test_nothing_is_begun_without_a_connection(database):
    async with opened(database, connected=False) as room:
        await room.queue(1)
        assert await room.states() == ["TAKEN"]
        room.connected.set()
        room.outbound.wake()
        await room.ended(1)


async def test_what_is_too_late_expires_even_without_a_connection(database):
    soon = SystemClock().now() + timedelta(milliseconds=50)
    async with opened(database, connected=False) as room:
        await room.queue(1, expires_at=soon)
        [event] = await room.ended(1)
    assert isinstance(event, SendExpired)


async def test_a_message_waits_until_its_chat_is_answered(room):
    room.turns.begin_answering(ASHA)
    await room.queue(1)
    await room.queue(2, to=BARAKA)
    await room.ended(1)
    assert not room.client.delivered[ASHA]
    room.turns.end_answering(ASHA)
    await room.ended(2)
    assert room.client.delivered[ASHA] == ["text 1"]


async def test_a_lid_that_becomes_known_joins_phone_and_answers(room):
    room.client.known[ASHA] = ASHA_LID
    room.turns.begin_answering(ASHA_LID.lid)
    await room.queue(1)
    await room.queue(2, to=BARAKA)
    await room.ended(1)
    assert not room.client.delivered[ASHA]
    room.turns.end_answering(ASHA_LID.lid)
    await room.ended(2)
    query = "SELECT chat FROM outbound WHERE id = 'O1'"
    assert await room.database.run(lambda db: db.execute(query).fetchone()) == ("100@lid",)


async def test_rates_hold_messages_back(database):
    rules = Pacing(a_minute=2, typing_shortest=timedelta(0), typing_longest=timedelta(0))
    async with opened(database, rules=rules, running=False) as room:
        await room.queue(1, 2, 3)
        again_at = await room.outbound.step()
        await room.ended(1)
        await room.outbound.step()
        await room.ended(2)
        began = SystemClock().now()
        again_at = await room.outbound.step()
        assert timedelta(seconds=50) < again_at - began <= timedelta(minutes=1)
    assert await states(database) == ["SENT", "SENT", "TAKEN"]


async def states(database):
    query = "SELECT state FROM outbound ORDER BY position"
    return [r[0] for r in await database.run(lambda db: db.execute(query).fetchall())]


async def test_the_budget_for_strangers_survives_a_restart(database):
    rules = Pacing(cold_chats_a_day=1, typing_shortest=timedelta(0), typing_longest=timedelta(0))
    async with opened(database, rules=rules) as room:
        await room.queue(1)
        await room.ended(1)
    async with opened(database, rules=rules) as room:
        await room.queue(2, to=BARAKA)
        await room.database.run(lambda db: rows.record(db, message(1, phone="+255700000003")))
        await room.queue(3, to="+255700000003")
        await room.ended(3)
        assert await room.states() == ["SENT", "TAKEN", "SENT"]


async def test_typing_takes_its_time(database):
    slow = Pacing(typing_shortest=timedelta(milliseconds=80))
    async with opened(database, rules=slow) as room:
        began = asyncio.get_running_loop().time()
        await room.queue(1)
        await room.ended(1)
        assert asyncio.get_running_loop().time() - began >= 0.075


async def test_typing_is_shown_while_it_takes_its_time(database):
    slow = Pacing(typing_shortest=timedelta(milliseconds=20))
    async with opened(database, rules=slow) as room:
        await room.queue(1)
        await room.ended(1)
        assert room.typing.shown == [(ASHA, True, 0), (ASHA, False, 0)]


async def test_what_nobody_types_shows_no_typing(room):
    await room.queue(1)
    await room.ended(1)
    assert room.typing.shown == []


FOR_AN_HOUR = Backoff(first=timedelta(hours=1), ceiling=timedelta(hours=1))


async def test_a_limit_freezes_everything(room, monkeypatch):
    monkeypatch.setattr(freeze_module, "PAUSE", FOR_AN_HOUR)
    room.client.failures = [SendLimitedError("server returned error 463")]
    await room.queue(1)
    async with asyncio.timeout(10), room.changed:
        await room.changed.wait_for(lambda: room.outbound.frozen is not None)
    await room.queue(2, to=BARAKA)
    assert "frozen until" in room.outbound.frozen.detail
    # What is asked to expire is told of after the next look at the queue.
    await room.queue(3, expires_at=SystemClock().now())
    [expired] = await room.ended(1)
    assert isinstance(expired, SendExpired)
    assert await room.states() == ["TAKEN", "TAKEN", "EXPIRED"]
    assert not any(room.client.delivered.values())


async def test_a_freeze_that_is_over_lets_go_by_itself(room):
    room.client.failures = [SendLimitedError("server returned error 463")]
    await room.queue(1)
    [sent] = await room.ended(1)
    assert (sent.outbound_id, room.client.failures) == ("O1", [])
    assert room.client.delivered == {ASHA: ["text 1"]}
    assert room.outbound.frozen is None


async def test_a_freeze_survives_a_restart(database, monkeypatch):
    monkeypatch.setattr(freeze_module, "PAUSE", FOR_AN_HOUR)
    now = SystemClock().now()
    await database.run(lambda db: freeze_module.begin(db, None, now=now))
    async with opened(database) as room:
        await room.queue(1)
        assert room.outbound.frozen is not None
        assert await room.states() == ["TAKEN"]


async def test_a_contact_that_is_always_refused_does_not_freeze_the_others_for_ever(room):
    room.client.failures = [SendLimitedError("server returned error 463")] * MAX_REFUSALS
    await room.queue(1, 2)
    failed, sent = await room.ended(2)
    assert isinstance(failed, SendFailed)
    assert "write first" in failed.reason
    assert sent.outbound_id == "O2"


async def test_a_full_volume_takes_nothing_and_says_nothing(room, monkeypatch):
    async def refuse(_):
        raise StorageError("database or disk is full")

    monkeypatch.setattr(room.database, "run", refuse)
    send = Send(id="O1", to=Party(phone=ASHA), content=TextContent(text="hi"))
    assert await room.outbound.take(send) is None
    assert await room.outbound.cancel(CancelSend(id="O1")) is None


async def test_stopping_finishes_what_is_under_way_and_begins_nothing(room):
    under_way = asyncio.Event()
    room.client.before_delivery = under_way.set
    await room.queue(1, 2, 3)
    await under_way.wait()
    assert await room.outbound.stop(grace=timedelta(seconds=5))
    assert await room.states() == ["SENT", "TAKEN", "TAKEN"]


async def test_a_place_is_sent_without_typing_and_told_by_its_name(database):
    slow = Pacing(typing_shortest=timedelta(hours=1), typing_longest=timedelta(hours=1))
    async with opened(database, rules=slow) as room:
        place = LocationContent(latitude=-6.8161, longitude=39.2803, name="Duka")
        await room.outbound.take(Send(id="O1", to=Party(phone=ASHA), content=place))
        [sent] = await room.ended(1)
    assert (sent.kind, sent.text) == (MessageKind.LOCATION, "Duka")
    assert room.client.delivered[ASHA] == ["Duka"]


def quiet_until(end):
    """Since an hour ago."""
    return Quiet(begins=(end - timedelta(hours=2)).time(), ends=end.time(), zone=UTC)


async def test_in_quiet_hours_texts_wait_and_an_edit_goes_past_them(room):
    room.outbound.keep_quiet(quiet_until(SystemClock().now() + timedelta(hours=1)))
    await room.queue(1, 2)
    edit = Send(id="O3", to=Party(phone=ASHA), content=EditContent(wa_message_id="W", text="x"))
    await room.outbound.take(edit)
    [sent] = await room.ended(1)
    assert sent.outbound_id == "O3"
    assert await room.states() == ["TAKEN", "TAKEN", "SENT"]
    assert room.outbound.quiet_detail.endswith("quiet hours")
    room.outbound.keep_quiet(None)
    assert [event.outbound_id for event in await room.ended(3)] == ["O3", "O1", "O2"]
    assert room.outbound.quiet_detail == ""


async def test_when_quiet_hours_end_what_waited_goes_by_itself(room):
    end = SystemClock().now() + timedelta(milliseconds=300)
    room.outbound.keep_quiet(quiet_until(end))
    await room.queue(1)
    await room.ended(1)
    assert SystemClock().now() >= end


async def test_what_expires_in_quiet_hours_is_told_then(room):
    now = SystemClock().now()
    room.outbound.keep_quiet(quiet_until(now + timedelta(hours=1)))
    await room.queue(1, expires_at=now + timedelta(milliseconds=200))
    [expired] = await room.ended(1)
    assert isinstance(expired, SendExpired)


async def test_stopping_does_not_wait_for_typing(database):
    slow = Pacing(typing_shortest=timedelta(hours=1), typing_longest=timedelta(hours=1))
    async with opened(database, rules=slow, running=False) as room:
        await room.queue(1)
        await room.outbound.step()
        assert await room.outbound.stop(grace=timedelta(seconds=5))
        assert await room.states() == ["TAKEN"]


@pytest.mark.parametrize("moment", ["before", "after"], ids=["before the send", "after the send"])
async def test_a_crash_around_the_send_leaves_the_truth(tmp_path, moment):
    """The process ends with the row marked; whether it was sent, the volume cannot know."""
    path, over = tmp_path / "crash.db", asyncio.Event()
    first = Database(path)
    await first.open()

    async with opened(first) as room:
        crashed = asyncio.Event()

        async def crash(to, message):
            if moment == "after":
                room.client.deliver(to, message)
            crashed.set()
            await over.wait()
            raise asyncio.CancelledError

        room.client.send = crash
        await room.queue(1)
        await crashed.wait()
    await first.aclose()
    second = Database(path)
    await second.open()
    await second.run(lambda db: outbound_rows.recover(db, now=SystemClock().now()))
    async with opened(second) as room:
        await room.queue(1)
        await room.queue(2)
        uncertain, sent = await room.ended(2)
        assert isinstance(uncertain, SendUncertain)
        assert sent.outbound_id == "O2"
        assert room.client.delivered[ASHA] == ["text 2"]
    await second.aclose()
    over.set()


async def send_image(room):
    send = Send(id="O1", to=Party(phone=ASHA), content=IMAGE)
    assert await room.outbound.take(send) == SendTaken(id="O1")
    [event] = await room.ended(1)
    return event


async def test_a_file_is_told_of_as_it_was_sent(room):
    event = await send_image(room)
    assert (event.kind, event.text) == (MessageKind.IMAGE, "Picha")
    assert (event.media.sha256, event.media.mime_type) == ("70" * 32, "image/jpeg")
    assert room.client.delivered[ASHA] == ["Picha"]


@pytest.mark.parametrize(
    "problem", [FileProblem.UNKNOWN, FileProblem.TOO_LARGE, FileProblem.CORRUPT]
)
async def test_a_file_that_never_can_be_sent_ends_its_message_with_the_reason(room, problem):
    room.attachments.failures = [FileError(problem, "it is so")]
    event = await send_image(room)
    assert event == SendFailed(
        outbound_id="O1", reason="Its file could not be sent: it is so.", at=event.at
    )
    assert room.client.delivered[ASHA] == []


async def test_a_file_that_cannot_be_fetched_yet_is_tried_again_for_as_long_as_it_takes(
    room, monkeypatch
):
    monkeypatch.setattr(sending_module, "_AGAIN", AT_ONCE)
    offline = FileError(FileProblem.OFFLINE, "no connection")
    room.attachments.failures = [offline] * (MAX_REFUSALS + 2)
    assert isinstance(await send_image(room), MessageSent)
    assert room.client.delivered[ASHA] == ["Picha"]


async def test_an_upload_that_is_refused_again_and_again_ends_its_message(room, monkeypatch):
    monkeypatch.setattr(sending_module, "_AGAIN", AT_ONCE)
    refused = FileError(FileProblem.FAILED, "upload failed with status code 500")
    room.attachments.failures = [refused] * MAX_REFUSALS
    event = await send_image(room)
    assert isinstance(event, SendFailed)
    assert "status code 500" in event.reason
    assert room.attachments.count == MAX_REFUSALS


async def test_an_upload_that_is_refused_once_does_not_end_its_message(room, monkeypatch):
    monkeypatch.setattr(sending_module, "_AGAIN", AT_ONCE)
    room.attachments.failures = [FileError(FileProblem.FAILED, "upload failed")]
    assert isinstance(await send_image(room), MessageSent)
