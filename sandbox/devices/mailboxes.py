"""Stanzas on their way to a companion: each is kept until the companion has read it."""

from collections import deque
from datetime import datetime
from itertools import islice

import msgspec

from sandbox.bell import Bell
from sandbox.devices.device import DeviceKey
from sandbox.store import Store
from sandbox.wire.nodes import Node

_KIND = "parcel"
# A companion that cannot read a message asks at once; after a hundred others it will not.
_MOST_TAKEN = 100


class Letter(msgspec.Struct, frozen=True):
    """What is still to be encrypted, by whom. The plaintext stays so that it can be again.

    media_type: of the `enc`, for what is more than text.
    """

    author: str
    plaintext: bytes
    media_type: str = ""


class Parcel(msgspec.Struct, kw_only=True):
    """stanza: without its `enc`. sealed: the `enc`, once made; sent again as it is.

    attempt: how often the companion asked for the message to be encrypted anew.
    taken_at: when the companion took it, without having said that it could be read.
    """

    seq: int
    stanza: Node
    letter: Letter | None = None
    sealed: Node | None = None
    attempt: int = 0
    taken_at: datetime | None = None

    @property
    def name(self) -> tuple[str, str]:
        """What the client's answer names: of a message's receipts there are several kinds."""
        kind = parcel_kind(self.stanza.text("type"), self.stanza.text("from"))
        return parcel_name(self.stanza.tag, kind, self.id)

    @property
    def id(self) -> str:
        return self.stanza.text("id")


class Mailbox:
    """One companion's parcels, oldest first."""

    def __init__(self, key: DeviceKey, store: Store) -> None:
        self.key = key
        self.changed = Bell()
        self._store = store
        self._parcels: dict[int, Parcel] = {}
        self._taken: deque[Parcel] = deque()
        self._by_id: dict[tuple[str, str], Parcel] = {}
        self._last_seq = 0

    def restore(self, parcel: Parcel) -> None:
        if parcel.taken_at is None:
            self._parcels[parcel.seq] = parcel
        else:
            self._taken.append(parcel)
        self._by_id[parcel.name] = parcel
        self._last_seq = max(self._last_seq, parcel.seq)

    def add(
        self, stanza: Node, *, letter: Letter | None = None, sealed: Node | None = None
    ) -> Parcel:
        parcel = Parcel(seq=self._last_seq + 1, stanza=stanza, letter=letter, sealed=sealed)
        known = self._by_id.get(parcel.name)
        if known is not None:  # said again before it was taken: once is enough
            self.settle(known)
        self.restore(parcel)
        self.save(parcel)
        self.changed.ring()
        return parcel

    def save(self, parcel: Parcel) -> None:
        self._store.put(_KIND, self._document(parcel), parcel)

    def after(self, seq: int, *, limit: int) -> list[Parcel]:
        if not self._parcels:
            return []
        first = max(seq + 1, next(iter(self._parcels)))
        numbers = range(first, self._last_seq + 1)
        return list(islice((self._parcels[at] for at in numbers if at in self._parcels), limit))

    def has_after(self, seq: int) -> bool:
        return bool(self._parcels) and next(reversed(self._parcels)) > seq

    def find(self, tag: str, stanza_id: str, *, kind: str = "") -> Parcel | None:
        """kind: of a receipt, as `parcel_kind` names it."""
        return self._by_id.get(parcel_name(tag, kind, stanza_id))

    def settle(self, parcel: Parcel) -> None:
        """The companion has read it: it need not be kept."""
        if self._by_id.pop(parcel.name, None) is None:
            return
        if parcel.taken_at is None:
            del self._parcels[parcel.seq]
        else:
            self._taken.remove(parcel)
        self._store.delete(_KIND, self._document(parcel))

    def take(self, parcel: Parcel, *, now: datetime) -> None:
        """The companion has it, readable or not: not to be sent again unless it asks."""
        if parcel.taken_at is not None:
            return
        del self._parcels[parcel.seq]
        parcel.taken_at = now
        self._taken.append(parcel)
        self.save(parcel)
        if len(self._taken) > _MOST_TAKEN:
            self.settle(self._taken[0])

    def renew(self, parcel: Parcel, *, attempt: int) -> None:
        """Puts a parcel in again, to be encrypted anew."""
        self.settle(parcel)
        parcel.seq = self._last_seq + 1
        parcel.attempt, parcel.sealed, parcel.taken_at = attempt, None, None
        self.restore(parcel)
        self.save(parcel)
        self.changed.ring()

    def clear(self) -> None:
        for parcel in list(self._by_id.values()):
            self.settle(parcel)

    def __len__(self) -> int:
        return len(self._parcels)

    def _document(self, parcel: Parcel) -> str:
        return f"{self.key}:{parcel.seq:012d}"


def parcel_kind(kind: str, author: str) -> str:
    """A receipt's type. Of those who ask for a message again there may be several: each counts."""
    return f"{kind}:{author}" if kind == "retry" else kind


def parcel_name(tag: str, kind: str, stanza_id: str) -> tuple[str, str]:
    return (f"{tag}:{kind}" if tag == "receipt" else tag), stanza_id


class Mailboxes:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._boxes: dict[DeviceKey, Mailbox] = {}
        for key, parcel in store.load(_KIND, Parcel):
            number, device, _ = key.split(":")
            self.of(DeviceKey(number, int(device))).restore(parcel)

    def of(self, key: DeviceKey) -> Mailbox:
        box = self._boxes.get(key)
        if box is None:
            box = self._boxes[key] = Mailbox(key, self._store)
        return box

    def remove(self, key: DeviceKey) -> None:
        box = self._boxes.pop(key, None)
        if box is not None:
            box.clear()
