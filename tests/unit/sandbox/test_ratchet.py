"""The double ratchet between two people."""

import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.crypto import curve, xeddsa
from sandbox.ratchet.envelopes import (
    EnvelopeError,
    PrekeyMessage,
    SignalMessage,
    pad,
    read_message,
    read_prekey_message,
    unpad,
    write_prekey_message,
)
from sandbox.ratchet.opening import Bundle, open_as_alice, open_as_bob
from sandbox.ratchet.session import (
    MOST_SKIPPED,
    Session,
    UndecryptableError,
    UsedKeyError,
    decrypt,
    encrypt,
)
from shared.errors import PermanentError


def pair(*, with_prekey: bool = True) -> tuple[Session, Session]:
    """Alice's session and Bob's, begun by her."""
    alice, bob, signed, one_time = (curve.new_private() for _ in range(4))
    bundle = Bundle(
        registration_id=7,
        identity=curve.public_of(bob),
        signed_prekey_id=1,
        signed_prekey=curve.public_of(signed),
        signature=xeddsa.sign(bob, curve.typed(curve.public_of(signed))),
        prekey_id=3 if with_prekey else None,
        prekey=curve.public_of(one_time) if with_prekey else None,
    )
    hers = open_as_alice(alice, bundle)
    his = open_as_bob(
        bob,
        signed,
        one_time if with_prekey else None,
        their_identity=curve.public_of(alice),
        base=hers.base,
    )
    return hers, his


def over_the_wire(message: SignalMessage) -> SignalMessage:
    return read_message(message.signed + message.mac)


@pytest.mark.parametrize("with_prekey", [True, False])
def test_a_conversation_is_understood_both_ways(*, with_prekey: bool) -> None:
    alice, bob = pair(with_prekey=with_prekey)
    for turn in range(6):
        alice, said = encrypt(alice, b"to bob %d" % turn)
        bob, heard = decrypt(bob, over_the_wire(said))
        assert heard == b"to bob %d" % turn
        bob, said = encrypt(bob, b"to alice %d" % turn)
        alice, heard = decrypt(alice, over_the_wire(said))
        assert heard == b"to alice %d" % turn
    assert alice.unanswered is None


@given(st.lists(st.booleans(), max_size=40), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_messages_are_understood_in_any_order(turns: list[bool], shuffle: random.Random) -> None:
    people = dict(zip(("alice", "bob"), pair(), strict=True))
    under_way: dict[int, tuple[str, SignalMessage]] = {}
    people["alice"], opening = encrypt(people["alice"], b"hello")
    people["bob"], _ = decrypt(people["bob"], opening)

    def arrive(number: int) -> None:
        receiver, message = under_way.pop(number)
        people[receiver], heard = decrypt(people[receiver], message)
        assert heard == b"%d" % number

    for number, by_alice in enumerate(turns):
        sender, receiver = ("alice", "bob") if by_alice else ("bob", "alice")
        people[sender], message = encrypt(people[sender], b"%d" % number)
        under_way[number] = (receiver, message)
        # Later than that is too late: a peer keeps five chains, as in libsignal.
        under_way.pop(number - 4, None)
        if shuffle.random() < 0.5:
            arrive(shuffle.choice(list(under_way)))
    for number in shuffle.sample(list(under_way), len(under_way)):
        arrive(number)


def test_the_same_message_twice_is_told_from_a_spoilt_one() -> None:
    alice, bob = pair()
    _, message = encrypt(alice, b"once")
    bob, _ = decrypt(bob, message)

    with pytest.raises(UsedKeyError):
        decrypt(bob, message)


def test_a_message_under_a_key_that_another_one_used_is_a_used_key() -> None:
    alice, bob = pair()
    _, first = encrypt(alice, b"first")
    _, second = encrypt(alice, b"second")  # the sender forgot that it had sent the first
    bob, _ = decrypt(bob, first)

    with pytest.raises(UsedKeyError):
        decrypt(bob, second)


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_a_spoilt_message_leaves_the_session_as_it_was(at: int, change: int) -> None:
    alice, bob = pair()
    alice, first = encrypt(alice, b"first")
    bob, _ = decrypt(bob, first)
    _, second = encrypt(alice, b"second")
    wire = bytearray(second.signed + second.mac)
    wire[at % len(wire)] ^= change

    with pytest.raises(PermanentError):
        decrypt(bob, read_message(bytes(wire)))

    assert decrypt(bob, second)[1] == b"second"


def test_a_message_from_too_far_ahead_is_refused() -> None:
    alice, bob = pair()
    for _ in range(MOST_SKIPPED + 2):
        alice, message = encrypt(alice, b"")

    with pytest.raises(UndecryptableError, match="too far ahead"):
        decrypt(bob, message)


def test_a_prekey_message_survives_the_wire() -> None:
    alice, _ = pair()
    assert alice.unanswered is not None
    _, inner = encrypt(alice, b"text")
    said = PrekeyMessage(5, 3, 1, alice.unanswered.base, alice.local_identity, inner)

    heard = read_prekey_message(write_prekey_message(said))

    assert (heard.registration_id, heard.prekey_id, heard.signed_prekey_id) == (5, 3, 1)
    assert (heard.base, heard.identity) == (said.base, said.identity)
    assert heard.message == over_the_wire(inner)


@given(st.binary(max_size=100))
def test_nonsense_is_refused_with_our_own_errors(data: bytes) -> None:
    for read in (read_message, read_prekey_message):
        with suppress(PermanentError):
            read(data)


@given(st.binary(max_size=100))
def test_padding_is_taken_off_again(plaintext: bytes) -> None:
    assert unpad(pad(plaintext)) == plaintext


@pytest.mark.parametrize("padded", [b"", b"\x00", b"x\x02", b"\x05\x05"])
def test_wrong_padding_is_refused(padded: bytes) -> None:
    with pytest.raises(EnvelopeError):
        unpad(padded)
