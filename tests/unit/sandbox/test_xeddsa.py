"""XEdDSA, checked against the Ed25519 of `cryptography`."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.crypto import curve
from sandbox.crypto.xeddsa import is_signed, sign

P = 2**255 - 19
keys = st.binary(min_size=32, max_size=32)


@given(keys, st.binary(max_size=200))
@settings(max_examples=25, deadline=None)
def test_a_signature_is_accepted_by_an_independent_ed25519(private: bytes, message: bytes) -> None:
    signature = bytearray(sign(private, message))
    u = int.from_bytes(curve.public_of(private), "little")
    y = bytearray(((u - 1) * pow(u + 1, -1, P) % P).to_bytes(32, "little"))
    y[31] |= signature[63] & 0x80
    signature[63] &= 0x7F

    Ed25519PublicKey.from_public_bytes(bytes(y)).verify(bytes(signature), message)


@given(keys, st.binary(max_size=50), st.integers(0, 511))
@settings(max_examples=25, deadline=None)
def test_a_signature_with_any_bit_changed_is_refused(
    private: bytes, message: bytes, bit: int
) -> None:
    signature = bytearray(sign(private, message))
    signature[bit // 8] ^= 1 << bit % 8

    assert not is_signed(curve.public_of(private), message, bytes(signature))


def test_a_signature_is_good_for_its_key_and_its_message_alone() -> None:
    private = curve.new_private()
    signature = sign(private, b"message")

    assert is_signed(curve.public_of(private), b"message", signature)
    assert not is_signed(curve.public_of(private), b"another", signature)
    assert not is_signed(curve.public_of(curve.new_private()), b"message", signature)


def test_two_signatures_of_one_message_differ() -> None:
    private = curve.new_private()

    assert sign(private, b"message") != sign(private, b"message")


@pytest.mark.parametrize(
    ("public", "signature"),
    [
        pytest.param(bytes(31), bytes(64), id="short key"),
        pytest.param(bytes(32), bytes(63), id="short signature"),
        pytest.param((P - 1).to_bytes(32, "little"), bytes(64), id="key without an Edwards point"),
        pytest.param(b"\xff" * 32, b"\xff" * 64, id="all ones"),
    ],
)
def test_malformed_input_is_refused(public: bytes, signature: bytes) -> None:
    assert not is_signed(public, b"message", signature)
