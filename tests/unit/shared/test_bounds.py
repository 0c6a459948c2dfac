"""Every value that a worker may say has a bound, and whatever it says is a frame or is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from shared.bounds import EARLIEST, LATEST, is_possible, is_sane, to_past
from shared.enums import FileProblem, MessageKind, ReceiptKind, SessionReason, SessionState
from shared.structs.media import Media
from shared.wire.events import (
    Event,
    MessageReceived,
    MessageSent,
    Party,
    ReceiptReceived,
    SendExpired,
    SendFailed,
    SendUncertain,
)
from shared.wire.files import AskPiece, FileMissing, FileReady, Piece
from shared.wire.frames import (
    CommandResult,
    Events,
    FromWorker,
    Heartbeat,
    Hello,
    LogLines,
    Numbered,
    SendTaken,
    SessionReport,
    decode_from_worker,
    encode,
    find_fault,
)
from shared.wire.mending import (
    Mended,
    Unusable,
    are_dated,
    find_unread,
    fit,
    mend,
    read_strictly,
)
from worker.uplink.fitting import encode_fitting

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CUSTOMER = Party(phone="+255712000001", lid="1234@lid")
MEDIA = Media(
    mime_type="image/png", size=3, sha256="a" * 64, file_name="a.png", duration=1, width=2, height=3
)
COMMON = {"contact": CUSTOMER, "own_phone": "+255754000001", "text": "Habari", "at": NOW}
EVENTS: list[Event] = [
    MessageReceived(
        wa_message_id="A", kind=MessageKind.IMAGE, push_name="Asha", in_reply_to="B", media=MEDIA,
        **COMMON,
    ),
    MessageSent(
        wa_message_id="B", kind=MessageKind.TEXT, outbound_id="1", in_reply_to="A", media=MEDIA,
        bot_waits_until=NOW + timedelta(hours=8), **COMMON,
    ),
    SendFailed(outbound_id="1", reason="no account", at=NOW),
    SendUncertain(outbound_id="1", reason="silence", at=NOW),
    SendExpired(outbound_id="1", at=NOW),
    ReceiptReceived(kind=ReceiptKind.READ, wa_message_ids=["B"], contact=CUSTOMER, at=NOW),
]  # fmt: skip
FRAMES: list[FromWorker] = [
    Hello(token="t", boot_id="b", image="i", can_send=("text", "image")),
    SessionReport(
        state=SessionState.QR_READY, reason=SessionReason.WAITING_FOR_SCAN, detail="d",
        own_phone="+255754000001", qr="2@q", qr_expires_at=NOW, qr_attempt=1, qr_attempts=6,
        pairing_code="ABCD-1234", pairing_phone="+255754000001", pairing_expires_at=NOW,
        ban_ends_at=NOW, own_lid="1@lid", refused_phone="+255754000002",
    ),
    Events(events=[Numbered(n, event) for n, event in enumerate(EVENTS, start=1)]),
    Heartbeat(
        session=SessionState.CONNECTED, outbox_depth=1, memory_bytes=2, keepalive_age=0.5,
        inbound_age=-3.0, skipped={"GROUP": 1}, disk_bytes=3,
    ),
    LogLines(lines=["{}"]),
    CommandResult(id="1", ok=True, detail="d"),
    SendTaken(id="1", cancelled=True),
    FileReady(id="1", size=3),
    FileMissing(id="1", problem=FileProblem.GONE, detail="d"),
    AskPiece(id="1", offset=0),
    Piece(id="1", offset=0, data=b"abc"),
]  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=300)
    | st.sampled_from(["x" * 300, "é" * 70_000, "\0", "0001-01-01T00:00:00+14:00"])
    | st.sampled_from(["9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00", "1970-01-01T00:00:00Z"])
    | st.binary(max_size=300)
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)


def to_plain(value: Any) -> Any:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(value))


@st.composite
def spoilt(draw: st.DrawFn, samples: list[Any]) -> bytes:
    """One of `samples` with a value anywhere in it taken away or replaced by anything."""
    plain = to_plain(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 3))):
        _spoil(draw, plain)
    return msgspec.msgpack.encode(plain)


def _spoil(draw: st.DrawFn, plain: Any) -> None:
    keys = list(plain) if isinstance(plain, dict) else list(range(len(plain)))
    if not keys:
        return
    key = draw(st.sampled_from(keys))
    if isinstance(plain[key], dict | list) and draw(st.booleans()):
        _spoil(draw, plain[key])
    elif draw(st.booleans()):
        plain[key] = draw(anything)
    else:
        del plain[key]


def list_unbounded(info: inspect.Type, path: str) -> list[str]:
    """Where in a type a value may be as large as it likes."""
    match info:
        case inspect.Metadata(type=inner):
            return list_unbounded(inner, path)
        case inspect.UnionType(types=types):
            parts = [(one, path) for one in types]
        case inspect.StructType(fields=fields, cls=cls):
            parts = [(field.type, f"{cls.__name__}.{field.name}") for field in fields]
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            parts = [(item, f"{path}[]")]
        case inspect.DictType(key_type=key, value_type=value):
            parts = [(key, f"{path} keys"), (value, f"{path} values")]
        case _:
            parts = []
    own = [] if is_bounded(info) else [path]
    return own + [each for part, place in parts for each in list_unbounded(part, place)]


def is_bounded(info: inspect.Type) -> bool:
    """Of itself, whatever is in it."""
    match info:
        case inspect.IntType() | inspect.FloatType():
            return info.ge is not None and info.le is not None
        case inspect.StrType():
            return info.max_length is not None or info.pattern is not None
        case inspect.DateTimeType():
            return info.tz is True  # and within a window that the gateway holds it to
        case inspect.EnumType() | inspect.BoolType() | inspect.NoneType():
            return True
        case inspect.UnionType() | inspect.StructType():
            return True
        case _:
            return getattr(info, "max_length", None) is not None


def test_every_field_that_a_worker_may_send_has_a_bound() -> None:
    assert list_unbounded(inspect.type_info(FromWorker), "") == []


def test_a_field_without_a_bound_would_be_found() -> None:
    class Loose(msgspec.Struct):
        number: int
        names: list[str]

    assert list_unbounded(inspect.type_info(Loose), "") == [
        "Loose.number",
        "Loose.names",
        "Loose.names[]",
    ]


def test_the_samples_are_one_of_each_kind_with_every_field() -> None:
    for union, samples in ((FromWorker, FRAMES), (Event, EVENTS)):
        assert {type(sample) for sample in samples} == set(union.__args__)
        for sample in samples:
            for field in msgspec.structs.fields(type(sample)):
                assert getattr(sample, field.name) not in (None, "")


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_a_good_frame_is_decoded_and_nothing_of_it_is_mended(frame: FromWorker) -> None:
    assert decode_from_worker(encode(frame)) == frame
    assert encode_fitting(frame, now=NOW) == encode(frame)


@given(data=st.binary(max_size=400))
def test_any_bytes_are_a_frame_or_are_refused(data: bytes) -> None:
    try:
        decode_from_worker(data)
    except msgspec.DecodeError:
        find_unread(data)


@settings(max_examples=150)
@given(data=spoilt(FRAMES))
def test_a_frame_with_anything_in_it_is_within_bounds_or_is_refused(data: bytes) -> None:
    try:
        frame = decode_from_worker(data)
    except msgspec.DecodeError:
        return
    if isinstance(frame, SessionReport) and find_fault(frame) is not None:
        return
    if isinstance(frame, Events) and not are_dated([n.event for n in frame.events], now=NOW):
        assert find_unread(data) is not None
        return
    assert decode_from_worker(encode(frame)) == frame


@settings(max_examples=150)
@given(payload=spoilt(EVENTS))
def test_an_event_with_anything_in_it_is_mended_or_said_to_be_unusable(payload: bytes) -> None:
    outcome = mend(payload, now=NOW)
    if isinstance(outcome, Unusable):
        assert 0 < len(outcome.problem) < 1000
        return
    again = read_strictly(msgspec.msgpack.encode(outcome.event))
    assert again == outcome.event
    assert are_dated([outcome.event], now=NOW)
    before = read_strictly(payload)
    if before is not None and are_dated([before], now=NOW):
        assert (outcome.event, outcome.notes) == (before, ())
    else:
        assert outcome.notes


@given(data=st.binary(max_size=400))
def test_any_bytes_are_mended_or_unusable(data: bytes) -> None:
    assert isinstance(mend(data, now=NOW), Mended | Unusable)


@given(
    text=st.text(max_size=50) | st.just("x" * 100_000),
    name=st.text(max_size=300),
    at=st.datetimes(timezones=st.just(UTC)),
)
def test_a_message_of_ours_fits_whatever_a_customer_chose(
    text: str, name: str, at: datetime
) -> None:
    message = MessageReceived(
        wa_message_id=name, kind=MessageKind.TEXT, contact=Party(phone=name, lid=name),
        own_phone=name, text=text, at=at, push_name=name, in_reply_to=name,
        media=Media(mime_type=name, size=10**18, file_name=name),
    )  # fmt: skip
    fitting, _ = fit(message, now=NOW)
    assert read_strictly(msgspec.msgpack.encode(fitting)) == fitting
    assert are_dated([fitting], now=NOW)
    if len(text) <= 65_536:
        assert fitting.text == text
    assert fit(fitting, now=NOW) == (fitting, ())


@given(
    text=st.text(max_size=50) | st.just("x" * 20_000),
    number=st.integers(-(2**63), 2**63 - 1),
    at=st.datetimes(timezones=st.just(UTC)),
)
def test_a_report_of_ours_is_sent_in_a_form_that_is_taken(
    text: str, number: int, at: datetime
) -> None:
    report = SessionReport(
        state=SessionState.QR_READY, reason=SessionReason.WAITING_FOR_SCAN, detail=text,
        own_phone=text, qr=text, qr_expires_at=at, qr_attempt=number, qr_attempts=number,
        pairing_code=text, pairing_phone=text, pairing_expires_at=at, ban_ends_at=at,
    )  # fmt: skip
    data = encode_fitting(report, now=NOW)
    assert data is not None
    taken = decode_from_worker(data)
    assert isinstance(taken, SessionReport)
    assert find_fault(taken) is None
    assert taken.state is report.state


def test_a_heartbeat_of_ours_is_sent_whatever_was_measured() -> None:
    heartbeat = Heartbeat(
        session=SessionState.CONNECTED, outbox_depth=2**40, memory_bytes=-1,
        keepalive_age=float("nan"), inbound_age=float("inf"), skipped={"GROUP": 2**63 - 1},
    )  # fmt: skip
    data = encode_fitting(heartbeat, now=NOW)
    assert data is not None
    assert decode_from_worker(data) == Heartbeat(
        session=SessionState.CONNECTED, outbox_depth=2**31 - 1, memory_bytes=0,
        skipped={"GROUP": 2**63 - 1},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        pytest.param(None, None, id="not known"),
        pytest.param(60.0, NOW - timedelta(minutes=1), id="a minute ago"),
        pytest.param(-5.0, NOW, id="the clock was set back"),
        pytest.param(1e11, None, id="before WhatsApp"),
        pytest.param(-1e10, None, id="in three hundred years"),
    ],
)
def test_an_age_is_an_instant_only_if_it_can_be_one(
    age: float | None, expected: datetime | None
) -> None:
    assert to_past(NOW, age) == expected


def test_the_windows_hold_their_edges() -> None:
    assert is_possible(EARLIEST, now=NOW)
    assert not is_possible(EARLIEST - timedelta(microseconds=1), now=NOW)
    assert is_possible(NOW + timedelta(days=1), now=NOW)
    assert not is_possible(NOW + timedelta(days=1, microseconds=1), now=NOW)
    assert is_sane(None)
    assert is_sane(EARLIEST)
    assert not is_sane(LATEST)
