"""The handshake against an initiator written from the protocol's description alone."""

import hmac
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.crypto import curve
from sandbox.crypto.xeddsa import is_signed
from sandbox.wire.certificates import make_identity
from sandbox.wire.frames import Splitter, frame
from sandbox.wire.noise import PROLOGUE, Cipher, Greeting, Handshake, NoiseError
from sandbox.wire.protobuf import Fields, ProtobufError, encode

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def hkdf(salt: bytes, secret: bytes) -> tuple[bytes, bytes]:
    """HKDF by hand, for 64 bytes and no info."""
    extracted = hmac.digest(salt, secret, "sha256")
    first = hmac.digest(extracted, b"\x01", "sha256")
    return first, hmac.digest(extracted, first + b"\x02", "sha256")


class Initiator:
    """A client: its own transcript, nothing shared with the server's code."""

    def __init__(self) -> None:
        self.static, self.ephemeral = X25519PrivateKey.generate(), X25519PrivateKey.generate()
        self.chaining = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
        self.hash = sha256(self.chaining + PROLOGUE).digest()
        self.key, self.nonce = b"", 0

    def hello(self) -> bytes:
        mine = self.ephemeral.public_key().public_bytes_raw()
        self.absorb(mine)
        return encode({2: encode({1: mine})})

    def reply(self, server_hello: bytes, payload: bytes) -> tuple[bytes, bytes, bytes]:
        """The finish, the server's static key and its certificates."""
        fields = Fields.decode(server_hello).get_message(3)
        theirs = X25519PublicKey.from_public_bytes(fields.get_bytes(1))
        self.absorb(fields.get_bytes(1))
        self.mix(self.ephemeral.exchange(theirs))
        static = self.open(fields.get_bytes(2))
        self.mix(self.ephemeral.exchange(X25519PublicKey.from_public_bytes(static)))
        chain = self.open(fields.get_bytes(3))
        sealed_static = self.seal(self.static.public_key().public_bytes_raw())
        self.mix(self.static.exchange(theirs))
        sealed_payload = self.seal(payload)
        return encode({4: encode({1: sealed_static, 2: sealed_payload})}), static, chain

    def ciphers(self) -> tuple[bytes, bytes]:
        return hkdf(self.chaining, b"")

    def absorb(self, data: bytes) -> None:
        self.hash = sha256(self.hash + data).digest()

    def mix(self, secret: bytes) -> None:
        self.chaining, self.key = hkdf(self.chaining, secret)
        self.nonce = 0

    def seal(self, plaintext: bytes) -> bytes:
        sealed = AESGCM(self.key).encrypt(self._nonce(), plaintext, self.hash)
        self.absorb(sealed)
        return sealed

    def open(self, sealed: bytes) -> bytes:
        plaintext = AESGCM(self.key).decrypt(self._nonce(), sealed, self.hash)
        self.absorb(sealed)
        return plaintext

    def _nonce(self) -> bytes:
        self.nonce += 1
        return bytes(8) + (self.nonce - 1).to_bytes(4, "big")


def shake(payload: bytes = b"payload") -> tuple[Initiator, Greeting]:
    client, server = Initiator(), Handshake(make_identity(curve.new_private(), now=NOW))
    finish, _, _ = client.reply(server.answer(client.hello()), payload)
    return client, server.finish(finish)


def test_both_sides_agree_on_keys_and_the_server_learns_who_speaks() -> None:
    client, greeting = shake(b"who I am")
    upward, downward = client.ciphers()

    assert greeting.payload == b"who I am"
    assert greeting.client_key == client.static.public_key().public_bytes_raw()
    assert greeting.incoming.open(Cipher(upward).seal(b"up")) == b"up"
    assert Cipher(downward).open(greeting.outgoing.seal(b"down")) == b"down"


def test_the_chain_leads_from_the_root_to_the_static_key() -> None:
    root = curve.new_private()
    client, server = Initiator(), Handshake(make_identity(root, now=NOW))

    _, static, chain = client.reply(server.answer(client.hello()), b"")

    leaf, intermediate = (Fields.decode(chain).get_message(number) for number in (1, 2))
    details = [Fields.decode(part.get_bytes(1)) for part in (leaf, intermediate)]
    assert is_signed(curve.public_of(root), intermediate.get_bytes(1), intermediate.get_bytes(2))
    assert is_signed(details[1].get_bytes(3), leaf.get_bytes(1), leaf.get_bytes(2))
    assert details[0].get_bytes(3) == static
    assert (details[0].find_integer(2), details[1].find_integer(2)) == (
        details[1].find_integer(1),
        0,
    )
    for one in details:
        assert (one.find_integer(4) or 0) < NOW.timestamp() < (one.find_integer(5) or 0)


def test_frames_open_only_in_their_order() -> None:
    client, greeting = shake()
    upward = Cipher(client.ciphers()[0])
    upward.seal(b"lost")

    with pytest.raises(NoiseError):
        greeting.incoming.open(upward.seal(b"second"))


def test_a_finish_that_was_changed_is_refused() -> None:
    client, server = Initiator(), Handshake(make_identity(curve.new_private(), now=NOW))
    finish, _, _ = client.reply(server.answer(client.hello()), b"payload")

    with pytest.raises(NoiseError):
        server.finish(finish[:-1] + bytes((finish[-1] ^ 1,)))


@pytest.mark.parametrize("hello", [b"", b"\xff", encode({2: encode({1: b"short"})})])
def test_nonsense_instead_of_a_hello_is_refused(hello: bytes) -> None:
    with pytest.raises((NoiseError, ProtobufError)):
        Handshake(make_identity(curve.new_private(), now=NOW)).answer(hello)


def test_a_low_order_key_is_refused() -> None:
    hello = encode({2: encode({1: bytes(32)})})

    with pytest.raises(curve.PublicKeyError):
        Handshake(make_identity(curve.new_private(), now=NOW)).answer(hello)


def test_frames_are_cut_wherever_the_network_cut_them() -> None:
    stream = PROLOGUE + frame(b"one") + frame(b"") + frame(b"three")
    splitter = Splitter()

    cut = [payload for byte in stream for payload in splitter.feed(bytes((byte,)))]

    assert cut == [b"one", b"", b"three"]


def test_a_stream_of_another_protocol_is_refused() -> None:
    with pytest.raises(NoiseError, match="another protocol"):
        list(Splitter().feed(b"GET / HTTP/1.1"))
