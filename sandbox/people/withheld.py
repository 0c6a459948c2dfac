"""Messages that the server gave to the phone alone: its devices may ask the phone for them."""

from datetime import datetime

import msgspec

from sandbox.store import Store

_KIND = "withheld"


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """author: digits."""

    id: str
    author: str
    plaintext: bytes
    at: datetime


class WithheldMessages:
    """By the phone that has them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._messages = dict(store.load(_KIND, Withheld))

    def add(self, phone: str, message: Withheld) -> None:
        key = f"{phone}:{message.id}"
        self._messages[key] = message
        self._store.put(_KIND, key, message)

    def find(self, phone: str, message_id: str) -> Withheld | None:
        return self._messages.get(f"{phone}:{message_id}")
