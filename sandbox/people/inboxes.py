"""What simulated people received, and what they could not read."""

from collections import deque
from datetime import datetime

import msgspec

from sandbox.bell import Bell
from sandbox.messages.seen import Seen
from sandbox.store import Store

_RECEIVED, _DROPPED = "received", "dropped"
_MOST_TYPED = 100


class Received(Seen, frozen=True, kw_only=True):
    """n: counts from 1 for each person. sender: digits."""

    n: int
    id: str
    sender: str
    at: datetime


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody was seen typing, or stopping. sender: digits. received: how many messages had come
    from anybody by then.
    """

    sender: str
    is_typing: bool
    received: int


class Inbox:
    def __init__(self, number: str, store: Store) -> None:
        self.changed = Bell()
        self._number = number
        self._store = store
        self._items: list[Received] = []
        self._by_id: dict[tuple[str, str], Received] = {}
        self._dropped: dict[str, None] = {}
        # What is on a screen for a moment is not kept.
        self.typed: deque[Typed] = deque(maxlen=_MOST_TYPED)

    def restore(self, item: Received) -> None:
        self._items.append(item)
        self._by_id[item.sender, item.id] = item

    def restore_dropped(self, message_id: str) -> None:
        self._dropped[message_id] = None

    def find(self, sender: str, message_id: str) -> Received | None:
        return self._by_id.get((sender, message_id))

    def add(self, *, message_id: str, sender: str, seen: Seen, at: datetime) -> None:
        item = Received(
            n=len(self._items) + 1,
            id=message_id,
            sender=sender,
            at=at,
            **msgspec.structs.asdict(seen),
        )
        self.restore(item)
        self._store.put(_RECEIVED, f"{self._number}:{item.n:09d}", item)
        if message_id in self._dropped:  # it came readable at last
            del self._dropped[message_id]
            self._store.delete(_DROPPED, f"{self._number}:{message_id}")
        self.changed.ring()

    def drop(self, message_id: str) -> None:
        self._dropped[message_id] = None
        self._store.put(_DROPPED, f"{self._number}:{message_id}", message_id)
        self.changed.ring()

    def show_typing(self, *, sender: str, is_typing: bool) -> None:
        self.typed.append(Typed(sender=sender, is_typing=is_typing, received=len(self)))
        self.changed.ring()

    def after(self, n: int) -> list[Received]:
        return self._items[n:]

    def __len__(self) -> int:
        return len(self._items)

    @property
    def dropped(self) -> list[str]:
        return list(self._dropped)


class Inboxes:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._inboxes: dict[str, Inbox] = {}
        for key, item in store.load(_RECEIVED, Received):
            self.of(key.split(":")[0]).restore(item)
        for key, message_id in store.load(_DROPPED, str):
            self.of(key.split(":")[0]).restore_dropped(message_id)

    def of(self, number: str) -> Inbox:
        inbox = self._inboxes.get(number)
        if inbox is None:
            inbox = self._inboxes[number] = Inbox(number, self._store)
        return inbox
