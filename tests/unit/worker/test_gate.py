"""What a session brings passes when its phone may serve, and leaves no trace when it may not."""

from datetime import UTC, datetime

import pytest

from shared.enums import MessageKind, ReceiptKind, SkipReason
from shared.wire.events import Party
from worker.inbox.gate import Gate, Position, place_at_start
from worker.whatsapp.events import Inbound, Missed, Receipt, Skipped

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ASHA = Party(phone="+255712345678")
DEVICE = "255700000099:3"


def inbound(name):
    return Inbound(wa_message_id=name, kind=MessageKind.TEXT, contact=ASHA, text="hello", at=AT)


RECEIPT = Receipt(kind=ReceiptKind.READ, wa_message_ids=["1"], contact=ASHA, at=AT)
MISSED = Missed(wa_message_id="1", contact=ASHA)
LET_GO = Skipped(SkipReason.OTHER_PHONE)


@pytest.fixture
def passed():
    return []


@pytest.fixture
def held(passed):
    gate = Gate(Position.HELD, through=passed.append)
    for event in (inbound("1"), RECEIPT, MISSED, inbound("2")):
        gate.handle(event)
    assert passed == []
    return gate


def test_what_was_held_passes_in_its_order_and_before_what_comes(held, passed):
    held.move(Position.OPEN)
    held.handle(inbound("3"))
    assert passed == [inbound("1"), RECEIPT, MISSED, inbound("2"), inbound("3")]


def test_of_a_refused_phone_each_message_is_settled_and_nothing_is_told(held, passed):
    held.move(Position.SHUT)
    held.handle(inbound("3"))
    held.handle(RECEIPT)
    assert passed == [LET_GO, LET_GO, LET_GO]


def test_what_is_let_go_does_not_come_back(held, passed):
    held.move(Position.SHUT)
    held.move(Position.OPEN)
    assert inbound("1") not in passed


@pytest.mark.parametrize(
    ("device", "accepted", "position"),
    [
        pytest.param(DEVICE, DEVICE, Position.OPEN, id="it was accepted"),
        pytest.param(DEVICE, "", Position.HELD, id="nobody was"),
        pytest.param(DEVICE, "255700000099:2", Position.HELD, id="an earlier one was"),
        pytest.param(DEVICE, None, Position.HELD, id="the volume is of a worker of before"),
        pytest.param("", DEVICE, Position.OPEN, id="it served until it was logged out"),
        pytest.param("", "", Position.SHUT, id="it was refused, and logged out"),
        pytest.param("", None, Position.OPEN, id="a new volume"),
    ],
)
def test_what_is_left_on_a_volume_is_judged_by_its_session(device, accepted, position):
    assert place_at_start(device=device, accepted=accepted) is position
