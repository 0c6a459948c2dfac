"""A worker with a good token of its own says what no worker says: it harms nobody, least of all
the neighbours, and nothing that a customer wrote is lost over it.
"""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection

from controlplane.services.show_qr import show_qr
from shared.clock import SystemClock
from shared.enums import SessionReason, SessionState
from shared.ids import TenantId
from shared.stores import chats, contacts, messages, tenants
from shared.tables import WhatsAppSession
from shared.wire.frames import (
    Ack,
    FromGateway,
    Heartbeat,
    Rejected,
    SessionReport,
    Welcome,
    encode,
)
from tests.integration.gateway.test_listener import (
    Bench,
    _answered,
    _next,
    _received,
    _tenant,
    bench,
    tenant,
    tenant_files,
)

__all__ = ["bench", "tenant", "tenant_files"]
pytestmark = pytest.mark.timeout(60)

HEARTBEAT = Heartbeat(session=SessionState.CONNECTED, outbox_depth=3, memory_bytes=15_000_000)
REPORT = SessionReport(state=SessionState.QR_READY, reason=SessionReason.WAITING_FOR_SCAN)


def spoil(frame: object, **changes: Any) -> bytes:
    """`frame` with values that its type would not take."""
    return msgspec.msgpack.encode(msgspec.to_builtins(frame) | changes)


def event(seq: int, **changes: Any) -> list[Any]:
    plain = msgspec.to_builtins(_received(f"E{seq}"), builtin_types=(datetime,))
    return [seq, plain | changes]


def events(*numbered: Any) -> bytes:
    return msgspec.msgpack.encode({"type": "events", "events": list(numbered)})


async def welcomed(socket: ClientConnection) -> None:
    assert isinstance(await _next(socket), Welcome)


async def heard(socket: ClientConnection) -> FromGateway:
    async with asyncio.timeout(20):
        return await _next(socket)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"outbox_depth": 2**31}, id="more than an integer column holds"),
        pytest.param({"outbox_depth": -1}, id="fewer events than none"),
        pytest.param({"memory_bytes": 2**63}, id="more than a bigint column holds"),
        pytest.param({"memory_bytes": -1}, id="less memory than none"),
        pytest.param({"keepalive_age": float("nan")}, id="an age that is no number"),
        pytest.param({"inbound_age": float("inf")}, id="an age without end"),
        pytest.param({"inbound_age": -1e300}, id="far in the future"),
        pytest.param({"keepalive_age": 1e12}, id="before the calendar"),
        pytest.param({"skipped": {"GROUP": -(2**63)}}, id="a count below zero"),
        pytest.param({"skipped": {f"R{n}": 1 for n in range(100_000)}}, id="reasons without end"),
    ],
)
async def test_a_heartbeat_out_of_bounds_is_rejected_and_the_neighbours_is_written(
    bench: Bench, tenant: tuple[TenantId, str], changes: dict[str, Any]
) -> None:
    other = await _tenant("Shule", "+255754000002")
    async with bench.worker(tenant[1]) as hostile, bench.worker(other[1]) as neighbour:
        await welcomed(hostile)
        await welcomed(neighbour)
        await neighbour.send(encode(HEARTBEAT))
        await _answered(neighbour)
        await hostile.send(spoil(HEARTBEAT, **changes))
        answer = await heard(hostile)
        await bench.heartbeats.flush()
    assert isinstance(answer, Rejected)
    assert next(iter(changes)) in answer.detail
    assert (await tenants.get(other[0])).worker.outbox_depth == 3
    assert (await tenants.get(tenant[0])).worker.last_heartbeat_at is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"qr": "2@" + "x" * 900_000}, id="a QR of 900 kB"),
        pytest.param({"qr": "é" * 1000}, id="a QR that is no ASCII"),
        pytest.param({"qr_attempt": 2**31}, id="more attempts than a column holds"),
        pytest.param({"detail": "x" * 500_000}, id="half a megabyte of detail"),
        pytest.param({"own_phone": "+" + "2" * 5000}, id="a number of 5000 digits"),
        pytest.param({"ban_ends_at": "9999-12-31T23:59:59-14:00"}, id="a ban past the calendar"),
        pytest.param({"qr_expires_at": "0001-01-01T00:00:00+14:00"}, id="before the calendar"),
        pytest.param({"qr_expires_at": "2026-01-01T00:00:00"}, id="an instant without a zone"),
        pytest.param({"pairing_code": "A" * 10_000}, id="a pairing code of 10 kB"),
        pytest.param({"pairing_code": "ABCD1234"}, id="a pairing code for nobody and for ever"),
        pytest.param({"pairing_phone": "+255712345678"}, id="a number without a pairing code"),
        pytest.param(
            {"pairing_expires_at": "2026-12-01T00:00:00Z"}, id="the end of no pairing code"
        ),
    ],
)
async def test_a_report_out_of_bounds_changes_nothing(
    bench: Bench, tenant: tuple[TenantId, str], changes: dict[str, Any]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await welcomed(socket)
        await socket.send(encode(msgspec.structs.replace(REPORT, qr="2@good")))
        await _answered(socket)
        await socket.send(spoil(REPORT, **changes))
        answer = await heard(socket)
        assert isinstance(answer, Rejected)
        assert next(iter(changes)) in answer.detail
        shown = await show_qr(tenant[0], clock=SystemClock())
    assert (shown.qr, shown.png is not None) == ("2@good", True)
    assert (await tenants.get(tenant[0])).session.state is SessionState.QR_READY


IMPOSSIBLE = [
    pytest.param("0001-01-01T00:00:00+14:00", id="before the calendar"),
    pytest.param(datetime(1, 1, 1, tzinfo=UTC), id="in the year 1"),
    pytest.param(datetime(1970, 1, 1, tzinfo=UTC), id="when Unix began"),
    pytest.param("9999-12-31T23:59:59-14:00", id="after the calendar"),
    pytest.param(datetime(9999, 1, 1, tzinfo=timezone(timedelta(hours=-9))), id="in the year 9999"),
    pytest.param("yesterday", id="in words"),
    pytest.param(2**70 / 3, id="a number"),
]


@pytest.mark.parametrize("at", IMPOSSIBLE)
async def test_a_message_of_an_impossible_date_is_logged_as_of_now_and_blocks_nobody(
    bench: Bench, tenant: tuple[TenantId, str], at: Any
) -> None:
    before = SystemClock().now()
    async with bench.worker(tenant[1]) as socket:
        await welcomed(socket)
        await socket.send(events(event(1), event(2, at=at, text="Mambo"), event(3)))
        assert await heard(socket) == Ack(seq=3)
        await socket.send(events(event(4, text="tena")))
        assert await heard(socket) == Ack(seq=4)
    page = await messages.list_page(tenant[0], limit=10)
    assert [row.wa_message_id for row in page.items] == ["E4", "E3", "E2", "E1"]
    assert page.items[2].message_text == "Mambo"
    assert before <= page.items[2].occurred_at <= SystemClock().now()
    [contact] = (await contacts.list_page(tenant[0], limit=10)).items
    assert contact.first_seen_at.year == 2026
    [chat] = (await chats.list_page(tenant[0], limit=10)).items
    assert chat.beginning == "tena"


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        pytest.param({"text": "a" * 100_000}, {"length": 65_536}, id="a text beyond WhatsApp's"),
        pytest.param(
            {"text": "\x00x\ud83d".encode("utf-8", "surrogatepass").decode("utf-8", "replace")},
            {},
            id="a NUL",
        ),
        pytest.param({"push_name": "n" * 10_000}, {}, id="a name of 10 kB"),
        pytest.param({"in_reply_to": "i" * 10_000}, {}, id="an answer to an id of 10 kB"),
        pytest.param({"kind": "HOLOGRAM"}, {"kind": "OTHER"}, id="a kind that is not known here"),
        pytest.param(
            {"contact": {"phone": "+" + "9" * 5000, "lid": "x" * 5000}}, {}, id="a strange JID"
        ),
        pytest.param({"contact": {}}, {}, id="nobody"),
        pytest.param(
            {"media": {"mime_type": "t" * 9999, "size": 10**18, "file_name": "f" * 9999}},
            {},
            id="a giant file name",
        ),
        pytest.param(
            {"media": {"mime_type": "image/png", "size": -1, "width": 2**40}},
            {},
            id="a file of no size",
        ),
        pytest.param({"media": {"size": "large"}}, {"media": None}, id="a file without a type"),
        pytest.param({"media": 7}, {"media": None}, id="a file that is a number"),
        pytest.param({"own_phone": "+" * 9999}, {}, id="a number of 10 kB"),
    ],
)
async def test_what_is_odd_about_a_message_is_mended_and_the_message_is_kept(
    bench: Bench, tenant: tuple[TenantId, str], changes: dict[str, Any], shown: dict[str, Any]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await welcomed(socket)
        await socket.send(events(event(1), event(2, **changes), event(3)))
        assert await heard(socket) == Ack(seq=3)
    page = await messages.list_page(tenant[0], limit=10)
    assert [row.wa_message_id for row in page.items] == ["E3", "E2", "E1"]
    row = page.items[1]
    if "text" not in changes:
        assert row.message_text == "Habari"
    if "length" in shown:
        assert len(row.message_text) == shown["length"]
    for name in ("kind", "media"):
        if name in shown:
            assert getattr(row, name) == shown[name]


async def test_a_qr_of_before_there_were_bounds_is_shown_without_a_picture(
    bench: Bench,  # noqa: ARG001  the stores are bound to its database
    tenant: tuple[TenantId, str],
) -> None:
    await WhatsAppSession.raw(
        "UPDATE whatsapp_sessions SET state = 'QR_READY', last_qr = {}", "2@" + "x" * 900_000
    )
    shown = await show_qr(tenant[0], clock=SystemClock())
    assert (shown.state, shown.png) == (SessionState.QR_READY, None)


@pytest.mark.parametrize("missing", ["pairing_code", "pairing_phone", "pairing_expires_at"])
async def test_half_a_pairing_code_of_before_there_were_bounds_is_none(
    bench: Bench,  # noqa: ARG001  the stores are bound to its database
    tenant: tuple[TenantId, str],
    missing: str,
) -> None:
    await WhatsAppSession.raw(
        "UPDATE whatsapp_sessions SET state = 'QR_READY', last_qr = '2@x', pairing_code = 'A',"
        " pairing_phone = '+255712345678', pairing_expires_at = {}",
        SystemClock().now() + timedelta(hours=1),
    )
    await WhatsAppSession.raw(f"UPDATE whatsapp_sessions SET {missing} = NULL")  # noqa: S608  a column of ours
    assert (await show_qr(tenant[0], clock=SystemClock())).pairing is None


async def test_a_message_without_a_zone_is_of_the_time_it_says_in_utc(
    bench: Bench, tenant: tuple[TenantId, str]
) -> None:
    async with bench.worker(tenant[1]) as socket:
        await welcomed(socket)
        await socket.send(events(event(1, at="2026-11-23T09:00:00")))
        assert await heard(socket) == Ack(seq=1)
    [row] = (await messages.list_page(tenant[0], limit=10)).items
    assert row.occurred_at == datetime(2026, 11, 23, 9, tzinfo=UTC)
