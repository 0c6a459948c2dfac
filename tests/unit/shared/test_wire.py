"""Frames survive the wire, and a batch of the longest texts fits into one."""

from datetime import UTC, datetime

import msgspec
import pytest

from shared.enums import Language, MessageKind, SessionReason, SessionState, TemplateType
from shared.structs.content import LocationContent
from shared.structs.tenants import TenantConfig
from shared.wire.events import MessageReceived, Party
from shared.wire.frames import (
    MAX_BATCH_BYTES,
    MAX_FRAME_BYTES,
    Ack,
    Command,
    Config,
    Events,
    FromGateway,
    FromWorker,
    Heartbeat,
    Hello,
    LogLines,
    Numbered,
    Refused,
    Send,
    SessionReport,
    Superseded,
    Welcome,
    decode_from_gateway,
    decode_from_worker,
    encode,
)

CONFIG = TenantConfig(
    template_type=TemplateType.BOOKING, business_name="Salon ya Asha", language=Language.SW
)


def _event(text: str) -> MessageReceived:
    return MessageReceived(
        wa_message_id="3EB0",
        kind=MessageKind.TEXT,
        contact=Party(lid="123@lid"),
        own_phone="+255754000001",
        text=text,
        at=datetime(2026, 11, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "frame",
    [
        Hello(token="t", boot_id="b", image="i"),
        Events(events=[Numbered(1, _event("Habari 😀\n"))]),
        Heartbeat(session=SessionState.CONNECTED, outbox_depth=0, memory_bytes=1),
        SessionReport(state=SessionState.QR_READY, reason=SessionReason.WAITING_FOR_SCAN, qr="q"),
        LogLines(lines=["{}"]),
    ],
    ids=lambda frame: type(frame).__name__,
)
def test_a_workers_frame_arrives_as_it_was_sent(frame: FromWorker) -> None:
    assert decode_from_worker(encode(frame)) == frame


@pytest.mark.parametrize(
    "frame",
    [
        Welcome(tenant_id="t", epoch=1, heartbeat_interval=15, config=CONFIG),
        Refused(detail="d"),
        Ack(seq=1 << 40),
        Config(config=CONFIG),
        Command(id="1", kind="new_qr_round"),
        Superseded(),
        Send(id="1", to=Party(phone="+255"), content=LocationContent(latitude=-6.8, longitude=0)),
    ],
    ids=lambda frame: type(frame).__name__,
)
def test_a_gateways_frame_arrives_as_it_was_sent(frame: FromGateway) -> None:
    assert decode_from_gateway(encode(frame)) == frame


def test_one_longest_text_more_than_a_full_batch_still_fits_a_frame() -> None:
    longest = len(msgspec.msgpack.encode(_event("😀" * 65_536)))
    assert MAX_BATCH_BYTES + longest < MAX_FRAME_BYTES


def test_a_worker_that_does_not_say_what_it_can_send_sends_text() -> None:
    old = msgspec.msgpack.encode({"type": "hello", "token": "t", "boot_id": "b", "image": "i"})
    hello = decode_from_worker(old)
    assert isinstance(hello, Hello)
    assert hello.can_send == ("text",)


def test_a_worker_cannot_speak_as_the_gateway() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_from_worker(encode(Ack(seq=1)))
