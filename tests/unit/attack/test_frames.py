"""Wrong frames are made from the types of the wire: every kind, every field, nested ones too."""

import msgspec
import pytest

from attack.worker.frames import list_kinds, list_shapeless, list_wrong
from attack.worker.values import is_impossible
from shared.wire.frames import MAX_FRAME_BYTES, FromWorker, decode_from_worker


def test_every_kind_of_frame_is_tried():
    kinds = {each.tag for each in msgspec.inspect.type_info(FromWorker).types}
    assert set(list_kinds()) == kinds


@pytest.mark.parametrize("kind", list_kinds())
def test_every_field_of_a_frame_is_wrong_in_several_ways(kind):
    found = msgspec.inspect.type_info(FromWorker)
    (struct,) = [each for each in found.types if each.tag == kind]
    frames = list_wrong(kind)
    for field in struct.fields:
        assert sum(frame.what.startswith(f"{field.name} = ") for frame in frames) >= 3, field.name
    assert all(len(frame.data) <= MAX_FRAME_BYTES for frame in frames)


def test_what_is_wrong_is_one_field_of_a_frame_that_is_good_otherwise():
    """Else a gateway could refuse all of it for something else, and the field were not tried."""
    for kind in list_kinds():
        good = [frame for frame in list_wrong(kind) if frame.what == "an unknown field"]
        assert len(good) == 1
        decode_from_worker(good[0].data)


def test_fields_of_events_are_tried_too():
    whats = "\n".join(frame.what for frame in list_wrong("events"))
    for tag in ("message.received", "message.sent", "send.failed", "receipt.received"):
        assert tag in whats or len(whats) > 10_000


@pytest.mark.parametrize("value", [2**63, -(2**63), float("nan"), float("inf"), "x" * 900_000])
def test_what_no_field_may_hold(value):
    assert is_impossible(value)


@pytest.mark.parametrize("value", [0, 1, -1, 2**53, 1.5, True, None, "", "x" * 1000])
def test_what_some_field_may_hold(value):
    assert not is_impossible(value)


def test_what_is_no_frame_is_none():
    for wrong in list_shapeless():
        if wrong.what == "a key that comes twice":
            continue
        with pytest.raises((msgspec.DecodeError, RecursionError)):
            decode_from_worker(wrong.data)
