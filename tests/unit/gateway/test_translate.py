"""What a worker tells, as rows: who wrote what went out."""

from datetime import timedelta

import pytest

from controlplane.gateway.translate import to_told
from shared.enums import MessageKind, MessageOrigin, ReceiptKind
from shared.wire.events import (
    MessageReceived,
    MessageSent,
    Party,
    ReceiptReceived,
    SendExpired,
    SendFailed,
    SendUncertain,
)
from tests.fakes.businesses import NOW

ASHA = Party(phone="+255754000001")


def sent(**changes) -> MessageSent:
    given = {"kind": MessageKind.TEXT, **changes}
    return MessageSent(
        wa_message_id="A", contact=ASHA, own_phone="+255712300001", text="", at=NOW, **given
    )


@pytest.mark.parametrize(
    ("event", "origin"),
    [
        pytest.param(sent(in_reply_to="B"), MessageOrigin.BOT, id="an answer"),
        pytest.param(
            sent(in_reply_to="B", bot_waits_until=NOW + timedelta(hours=8)),
            MessageOrigin.PHONE,
            id="the owner answers on the phone",
        ),
        pytest.param(
            sent(kind=MessageKind.REACTION, in_reply_to="B"),
            MessageOrigin.PHONE,
            id="the owner reacts on the phone, and the bot goes on",
        ),
        pytest.param(
            sent(kind=MessageKind.DELETE, outbound_id="no UUID"), MessageOrigin.QUEUE, id="queued"
        ),
        pytest.param(
            MessageReceived(
                wa_message_id="A",
                kind=MessageKind.TEXT,
                contact=ASHA,
                own_phone="",
                text="",
                at=NOW,
            ),
            None,
            id="what came in has a number",
        ),
    ],
)
def test_who_wrote_is_in_the_row(event, origin):
    [row] = to_told([event]).log
    assert row.origin is origin


QUEUED = "6f1c0a52-0000-4000-8000-000000000001"
READ = ReceiptReceived(kind=ReceiptKind.READ, wa_message_ids=["A"], contact=ASHA, at=NOW)


@pytest.mark.parametrize(
    ("event", "has_settled"),
    [
        pytest.param(sent(outbound_id=QUEUED), True, id="sent"),
        pytest.param(SendFailed(outbound_id=QUEUED, reason="x", at=NOW), True, id="failed"),
        pytest.param(SendUncertain(outbound_id=QUEUED, reason="x", at=NOW), True, id="uncertain"),
        pytest.param(SendExpired(outbound_id=QUEUED, at=NOW), True, id="expired"),
        pytest.param(sent(in_reply_to="B"), False, id="an answer of the bot"),
        pytest.param(READ, False, id="a receipt"),
        pytest.param(SendFailed(outbound_id="x", reason="x", at=NOW), False, id="an unknown id"),
    ],
)
def test_each_end_of_a_queued_message_alone_makes_room_for_the_next(event, has_settled):
    """Else a worker whose messages all fail is handed no more until the next sweep."""
    assert to_told([event]).has_settled is has_settled
