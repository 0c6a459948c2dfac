"""One Signal session between two devices: the double ratchet, as values.

Every step gives a new session, and a failed one gives none: what could not be decrypted has
changed nothing.
"""

import hmac
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from sandbox.crypto import curve
from sandbox.ratchet.envelopes import (
    SignalMessage,
    authentication_code,
    write_message,
)
from shared.errors import PermanentError

_BLOCK_BITS = 128
# libsignal's limits: how far a chain may jump, and how many chains a peer may leave behind.
MOST_SKIPPED = 2000
_MOST_CHAINS = 5


class UndecryptableError(PermanentError):
    """No session opens the message: keys are missing, or it was tampered with."""


class UsedKeyError(UndecryptableError):
    """The message's key was used before: the same message again, or another under its key."""


class SendingChain(msgspec.Struct, frozen=True):
    """ratchet: our private ratchet key. counter: of the next message."""

    ratchet: bytes
    key: bytes
    counter: int = 0


class ReceivingChain(msgspec.Struct, frozen=True):
    """ratchet: the peer's public ratchet key. skipped: seeds of messages that are still out."""

    ratchet: bytes
    key: bytes
    counter: int = 0
    skipped: dict[int, bytes] = {}


class Unanswered(msgspec.Struct, frozen=True):
    """What each message must repeat until the peer's first answer."""

    prekey_id: int | None
    signed_prekey_id: int
    base: bytes


class Session(msgspec.Struct, frozen=True):
    """base: Alice's ephemeral public key, the session's name on both sides."""

    base: bytes
    local_identity: bytes
    remote_identity: bytes
    root: bytes
    sending: SendingChain
    previous_counter: int = 0
    receiving: tuple[ReceivingChain, ...] = ()
    unanswered: Unanswered | None = None


def encrypt(session: Session, plaintext: bytes) -> tuple[Session, SignalMessage]:
    chain = session.sending
    key, mac_key, iv = _message_keys(_seed(chain.key))
    ratchet, ciphertext = curve.public_of(chain.ratchet), _encrypted(key, iv, plaintext)
    signed = write_message(
        ratchet=ratchet,
        counter=chain.counter,
        previous_counter=session.previous_counter,
        ciphertext=ciphertext,
    )
    mac = authentication_code(
        mac_key, sender=session.local_identity, receiver=session.remote_identity, signed=signed
    )
    message = SignalMessage(ratchet, chain.counter, ciphertext, signed, mac)
    ahead = SendingChain(chain.ratchet, _next(chain.key), chain.counter + 1)
    return msgspec.structs.replace(session, sending=ahead), message


def decrypt(session: Session, message: SignalMessage) -> tuple[Session, bytes]:
    """Raises UsedKeyError for a key used before, else UndecryptableError."""
    chain = _find_chain(session, message.ratchet)
    if chain is None:
        session, chain = _turned(session, message.ratchet)
    chain, seed = _advanced(chain, message.counter)
    key, mac_key, iv = _message_keys(seed)
    mac = authentication_code(
        mac_key,
        sender=session.remote_identity,
        receiver=session.local_identity,
        signed=message.signed,
    )
    if not hmac.compare_digest(mac, message.mac):
        raise UndecryptableError("the message was not made with this session's keys")
    plaintext = _decrypted(key, iv, message.ciphertext)
    others = tuple(one for one in session.receiving if one.ratchet != chain.ratchet)
    receiving = (chain, *others)[:_MOST_CHAINS]
    return msgspec.structs.replace(session, receiving=receiving, unanswered=None), plaintext


def ratchet_step(root: bytes, private: bytes, public: bytes) -> tuple[bytes, bytes]:
    """The next root, and the chain key that begins under it."""
    pair = curve.derive(curve.agree(private, public), salt=root, info=b"WhisperRatchet", length=64)
    return pair[:32], pair[32:]


def _find_chain(session: Session, ratchet: bytes) -> ReceivingChain | None:
    return next((chain for chain in session.receiving if chain.ratchet == ratchet), None)


def _turned(session: Session, ratchet: bytes) -> tuple[Session, ReceivingChain]:
    """The peer has a new ratchet key: a chain to receive on, and a new one to send on."""
    root, receiving = ratchet_step(session.root, session.sending.ratchet, ratchet)
    private = curve.new_private()
    root, sending = ratchet_step(root, private, ratchet)
    turned = msgspec.structs.replace(
        session,
        root=root,
        sending=SendingChain(private, sending),
        previous_counter=max(session.sending.counter - 1, 0),
    )
    return turned, ReceivingChain(ratchet, receiving)


def _advanced(chain: ReceivingChain, counter: int) -> tuple[ReceivingChain, bytes]:
    """The chain past `counter`, and that message's seed."""
    if counter < chain.counter:
        seed = chain.skipped.get(counter)
        if seed is None:
            raise UsedKeyError(f"the key of message {counter} was used before")
        left = {at: kept for at, kept in chain.skipped.items() if at != counter}
        return msgspec.structs.replace(chain, skipped=left), seed
    if counter - chain.counter > MOST_SKIPPED:
        raise UndecryptableError("the message lies too far ahead")
    skipped, key = dict(chain.skipped), chain.key
    for at in range(chain.counter, counter):
        skipped[at] = _seed(key)
        key = _next(key)
    kept = dict(list(skipped.items())[-MOST_SKIPPED:])
    return ReceivingChain(chain.ratchet, _next(key), counter + 1, kept), _seed(key)


def _seed(chain_key: bytes) -> bytes:
    return hmac.digest(chain_key, b"\x01", sha256)


def _next(chain_key: bytes) -> bytes:
    return hmac.digest(chain_key, b"\x02", sha256)


def _message_keys(seed: bytes) -> tuple[bytes, bytes, bytes]:
    """The keys for AES and MAC, and the IV."""
    keys = curve.derive(seed, info=b"WhisperMessageKeys", length=80)
    return keys[:32], keys[32:64], keys[64:]


def _encrypted(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    padder = PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(plaintext) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def _decrypted(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(_BLOCK_BITS).unpadder()
    try:
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        raise UndecryptableError("the message's padding is wrong") from error
