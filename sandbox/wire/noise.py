"""The Noise handshake of WhatsApp Web, seen from the server, and the ciphers it ends in."""

from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.crypto import curve
from sandbox.wire import protobuf
from shared.errors import PermanentError

_PATTERN = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
# What the client's stream begins with: `WA`, protocol 6, dictionary 3.
PROLOGUE = b"WA\x06\x03"


class NoiseError(PermanentError):
    """The client did not keep to the handshake, or a frame is not from it."""


class Cipher:
    """AES-256-GCM under a counter: one direction of a connection."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)
        self._counter = 0

    def seal(self, plaintext: bytes, associated: bytes = b"") -> bytes:
        return self._aead.encrypt(self._nonce(), plaintext, associated)

    def open(self, sealed: bytes, associated: bytes = b"") -> bytes:
        """Raises NoiseError when the frame was not made with this key and counter."""
        try:
            return self._aead.decrypt(self._nonce(), sealed, associated)
        except InvalidTag as error:
            raise NoiseError("a frame does not open") from error

    def _nonce(self) -> bytes:
        nonce = bytes(8) + self._counter.to_bytes(4, "big")
        self._counter += 1
        return nonce


class Transcript:
    """Noise's symmetric state: what was said so far, and the key that follows from it."""

    def __init__(self) -> None:
        self._hash = self._chaining_key = _PATTERN
        self._cipher = Cipher(_PATTERN)

    def absorb(self, data: bytes) -> None:
        self._hash = sha256(self._hash + data).digest()

    def mix(self, secret: bytes) -> None:
        self._chaining_key, key = self._expand(secret)
        self._cipher = Cipher(key)

    def seal(self, plaintext: bytes) -> bytes:
        sealed = self._cipher.seal(plaintext, self._hash)
        self.absorb(sealed)
        return sealed

    def open(self, sealed: bytes) -> bytes:
        plaintext = self._cipher.open(sealed, self._hash)
        self.absorb(sealed)
        return plaintext

    def split(self) -> tuple[Cipher, Cipher]:
        """The two ciphers of the connection: client to server, server to client."""
        upward, downward = self._expand(b"")
        return Cipher(upward), Cipher(downward)

    def _expand(self, secret: bytes) -> tuple[bytes, bytes]:
        pair = curve.derive(secret, salt=self._chaining_key, info=b"", length=64)
        return pair[:32], pair[32:]


class ServerIdentity(msgspec.Struct, frozen=True):
    """private: the static key. certificates: the chain that vouches for it."""

    private: bytes
    certificates: bytes


class Greeting(msgspec.Struct, frozen=True):
    """What a finished handshake leaves: who is there, what they want, how to talk."""

    client_key: bytes
    payload: bytes
    incoming: Cipher
    outgoing: Cipher


class Handshake:
    """The responder's part: `answer` the hello, then `finish`."""

    def __init__(self, identity: ServerIdentity) -> None:
        self._identity = identity
        self._ephemeral = curve.new_private()
        self._transcript = Transcript()
        self._transcript.absorb(PROLOGUE)

    def answer(self, hello: bytes) -> bytes:
        """The server's hello. Raises NoiseError or ProtobufError on nonsense."""
        theirs = _key(protobuf.Fields.decode(hello).get_message(2).get_bytes(1))
        transcript = self._transcript
        transcript.absorb(theirs)
        mine = curve.public_of(self._ephemeral)
        transcript.absorb(mine)
        transcript.mix(curve.agree(self._ephemeral, theirs))
        static = transcript.seal(curve.public_of(self._identity.private))
        transcript.mix(curve.agree(self._identity.private, theirs))
        certificates = transcript.seal(self._identity.certificates)
        return protobuf.encode({3: protobuf.encode({1: mine, 2: static, 3: certificates})})

    def finish(self, reply: bytes) -> Greeting:
        fields = protobuf.Fields.decode(reply).get_message(4)
        client_key = _key(self._transcript.open(fields.get_bytes(1)))
        self._transcript.mix(curve.agree(self._ephemeral, client_key))
        payload = self._transcript.open(fields.get_bytes(2))
        incoming, outgoing = self._transcript.split()
        return Greeting(client_key, payload, incoming, outgoing)


def _key(data: bytes) -> bytes:
    if len(data) != curve.KEY_BYTES:
        raise NoiseError("a public key of the wrong length")
    return data
