"""Frames: a three-byte length before each payload, whatever the websocket messages were."""

from collections.abc import Iterator

from sandbox.wire.noise import PROLOGUE, NoiseError

_LENGTH_BYTES = 3
LARGEST_FRAME = 1 << 24


def frame(payload: bytes) -> bytes:
    return len(payload).to_bytes(_LENGTH_BYTES, "big") + payload


class Splitter:
    """Cuts the client's byte stream into payloads, after the four bytes it begins with."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Raises NoiseError when the stream begins wrongly."""
        self._buffer += data
        if not self._begun:
            if len(self._buffer) < len(PROLOGUE):
                return
            if self._buffer[: len(PROLOGUE)] != PROLOGUE:
                raise NoiseError("the stream is of another protocol")
            del self._buffer[: len(PROLOGUE)]
            self._begun = True
        yield from self._payloads()

    def _payloads(self) -> Iterator[bytes]:
        while len(self._buffer) >= _LENGTH_BYTES:
            end = _LENGTH_BYTES + int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_LENGTH_BYTES:end])
            del self._buffer[:end]
            yield payload
