"""Which linked companions are connected at this moment."""

from typing import Protocol

from sandbox.bell import Bell
from sandbox.devices.device import DeviceKey
from sandbox.wire.nodes import Node


class Connection(Protocol):
    """A logged-in stream, as those see it who want to end it."""

    @property
    def is_active(self) -> bool: ...

    def replace(self) -> None:
        """Another stream of the same device has come."""
        ...

    def remove(self) -> None:
        """The device was unlinked."""
        ...

    def abort(self) -> None: ...

    def say(self, stanza: Node) -> None: ...

    def reset(self) -> None: ...

    def mention_prekeys(self) -> None:
        """Tells the client how few of its prekeys are left."""
        ...

    def fail(self, code: int) -> None:
        """Ends the stream with an error code."""
        ...


class Connections:
    def __init__(self) -> None:
        self.changed = Bell()
        self._streams: dict[DeviceKey, Connection] = {}

    def enter(self, key: DeviceKey, stream: Connection) -> None:
        older = self._streams.get(key)
        self._streams[key] = stream
        if older is not None:
            older.replace()

    def leave(self, key: DeviceKey, stream: Connection) -> None:
        if self._streams.get(key) is stream:
            del self._streams[key]
            self.changed.ring()

    def find(self, key: DeviceKey) -> Connection | None:
        return self._streams.get(key)

    def is_connected(self, key: DeviceKey) -> bool:
        """Whether the companion is logged in and has said that it is ready."""
        stream = self._streams.get(key)
        return stream is not None and stream.is_active
