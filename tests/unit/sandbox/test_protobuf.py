"""Protobuf without schemas."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.wire.protobuf import Fields, ProtobufError, encode


@given(st.integers(0, 2**64 - 1), st.binary(max_size=300))
def test_what_was_encoded_is_decoded_again(number: int, data: bytes) -> None:
    fields = Fields.decode(encode({1: number, 300: data}))

    assert (fields.find_integer(1), fields.find_bytes(300)) == (number, data)


@given(st.binary(max_size=100))
def test_nonsense_is_refused_with_our_own_error(data: bytes) -> None:
    with suppress(ProtobufError):
        Fields.decode(data)


def test_an_absent_field_is_none_and_a_wanted_one_is_missed_by_number() -> None:
    fields = Fields.decode(encode({1: 5, 2: None}))

    assert fields.find_bytes(2) is None
    with pytest.raises(ProtobufError, match="field 2"):
        fields.get_bytes(2)


def test_the_last_of_a_repeated_field_counts() -> None:
    assert Fields.decode(encode({1: [b"first", b"last"]})).get_bytes(1) == b"last"


def test_fixed_width_fields_of_others_are_skipped_over() -> None:
    fields = Fields.decode(b"\x0d\x01\x02\x03\x04" + encode({2: 7}))

    assert fields.find_integer(2) == 7
