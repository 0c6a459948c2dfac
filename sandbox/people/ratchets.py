"""Simulated people's Signal sessions with companions, kept as they advance."""

from collections.abc import Callable

from sandbox.devices.device import DeviceKey
from sandbox.people.person import SIGNED_PREKEY_ID, Person, prekey
from sandbox.ratchet import session as ratchet
from sandbox.ratchet.envelopes import (
    PrekeyMessage,
    SignalMessage,
    pad,
    read_message,
    read_prekey_message,
    unpad,
    write_prekey_message,
)
from sandbox.ratchet.opening import Bundle, open_as_alice, open_as_bob
from sandbox.ratchet.session import Session, UndecryptableError, UsedKeyError
from sandbox.store import Store
from sandbox.wire.nodes import Node, StanzaError

_KIND = "session"
# A peer's old sessions are tried too: messages may be under way in them.
_MOST_KEPT = 10


class Ratchets:
    """Sessions by person and peer, the newest first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sessions: dict[str, list[Session]] = {}
        for key, sessions in store.load(_KIND, list[Session]):
            self._sessions[key] = sessions

    def has_session(self, person: Person, peer: DeviceKey) -> bool:
        return bool(self._sessions.get(_key(person, peer)))

    def forget_device(self, peer: DeviceKey) -> None:
        """The companion is gone, and whoever gets its number next is another one."""
        ending = f"|{peer}"
        for key in [key for key in self._sessions if key.endswith(ending)]:
            del self._sessions[key]
            self._store.delete(_KIND, key)

    def forget_person(self, person: Person) -> list[DeviceKey]:
        """The person's own side is gone. Gives the peers that it was with."""
        beginning = f"{person.number}|"
        keys = [key for key in self._sessions if key.startswith(beginning)]
        for key in keys:
            del self._sessions[key]
            self._store.delete(_KIND, key)
        peers = [key.removeprefix(beginning).split(":") for key in keys]
        return [DeviceKey(number, int(device)) for number, device in peers]

    def begin(self, person: Person, peer: DeviceKey, session: Session) -> None:
        """Puts a new session before the ones there are."""
        self._save(person, peer, [session, *self._sessions.get(_key(person, peer), [])])

    def seal(
        self, person: Person, peer: DeviceKey, plaintext: bytes, *, bundle: Callable[[], Bundle]
    ) -> Node:
        """An `enc` for the peer. `bundle` is asked only where no session exists."""
        sessions = self._sessions.get(_key(person, peer)) or [
            open_as_alice(person.identity, bundle())
        ]
        current, message = ratchet.encrypt(sessions[0], pad(plaintext))
        self._save(person, peer, [current, *sessions[1:]])
        if current.unanswered is None:
            return _enc("msg", message.signed + message.mac)
        return _enc("pkmsg", _first_words(person, current, message))

    def open(self, person: Person, peer: DeviceKey, enc: Node, *, identity: bytes) -> bytes:
        """The plaintext of the peer's `enc`; `identity` is the key the peer is known by.

        Raises UsedKeyError, UndecryptableError, or another PermanentError for nonsense; the
        sessions are then as they were.
        """
        sessions = self._sessions.get(_key(person, peer), [])
        kind = enc.text("type")
        if kind == "pkmsg":
            sessions, message = _admit(person, sessions, read_prekey_message(enc.data), identity)
        elif kind == "msg":
            message = read_message(enc.data)
        else:
            raise StanzaError(f"an enc of unknown type {kind!r}")
        sessions, padded = _decrypted(sessions, message)
        plaintext = unpad(padded)
        self._save(person, peer, sessions)
        return plaintext

    def _save(self, person: Person, peer: DeviceKey, sessions: list[Session]) -> None:
        kept = sessions[:_MOST_KEPT]
        self._sessions[_key(person, peer)] = kept
        self._store.put(_KIND, _key(person, peer), kept)


def _admit(
    person: Person, sessions: list[Session], first: PrekeyMessage, identity: bytes
) -> tuple[list[Session], SignalMessage]:
    """The sessions with the one that `first` speaks of at the front."""
    if first.identity != identity:
        raise UndecryptableError("the sender's identity is not the one it was linked with")
    known = next((one for one in sessions if one.base == first.base), None)
    if known is not None:
        return [known, *(one for one in sessions if one is not known)], first.message
    one_time = first.prekey_id
    if first.signed_prekey_id != SIGNED_PREKEY_ID or (one_time or 0) > person.prekeys_given:
        raise UndecryptableError("the message was made with prekeys that were never given")
    begun = open_as_bob(
        person.identity,
        person.signed_prekey,
        None if one_time is None else prekey(person, one_time),
        their_identity=first.identity,
        base=first.base,
    )
    return [begun, *sessions], first.message


def _decrypted(sessions: list[Session], message: SignalMessage) -> tuple[list[Session], bytes]:
    failure = UndecryptableError("there is no session with the sender")
    for session in sessions:
        try:
            ahead, padded = ratchet.decrypt(session, message)
        except UndecryptableError as error:
            # "Used before" is the more certain finding: only the right session can say it.
            if not isinstance(failure, UsedKeyError):
                failure = error
            continue
        return [ahead, *(one for one in sessions if one is not session)], padded
    raise failure


def _first_words(person: Person, session: Session, message: SignalMessage) -> bytes:
    unanswered = session.unanswered
    assert unanswered is not None
    return write_prekey_message(
        PrekeyMessage(
            registration_id=person.registration_id,
            prekey_id=unanswered.prekey_id,
            signed_prekey_id=unanswered.signed_prekey_id,
            base=unanswered.base,
            identity=session.local_identity,
            message=message,
        )
    )


def _enc(kind: str, data: bytes) -> Node:
    return Node("enc", {"v": "2", "type": kind}, data)


def _key(person: Person, peer: DeviceKey) -> str:
    return f"{person.number}|{peer}"
