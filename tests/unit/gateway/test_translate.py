"""What a worker tells, as rows: who wrote what went out."""

from datetime import timedelta

import pytest

from controlplane.gateway.translate import to_told
from shared.enums import MessageKind, MessageOrigin
from shared.wire.events import MessageReceived, MessageSent, Party
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
