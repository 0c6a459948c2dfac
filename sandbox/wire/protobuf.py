"""Protobuf without schemas: the sandbox needs a few dozen fields, not a compiler."""

import struct
from collections.abc import Iterable, Mapping
from typing import Self

from shared.errors import PermanentError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_DOUBLE = struct.Struct("<d")

Value = int | float | bytes | str
Message = Mapping[int, Value | list[bytes] | None]


class ProtobufError(PermanentError):
    """The bytes are no message, or a field is missing."""


def encode(fields: Message) -> bytes:
    """None is left out; a list is a repeated field."""
    out = bytearray()
    for number, value in fields.items():
        if isinstance(value, list):
            for item in value:
                _field(out, number, item)
        elif value is not None:
            _field(out, number, value)
    return bytes(out)


class Fields:
    """A decoded message: every field as a list of what stood there."""

    def __init__(self, values: Mapping[int, list[int | bytes]]) -> None:
        self._values = values

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Raises ProtobufError when `data` is no message."""
        values: dict[int, list[int | bytes]] = {}
        for number, value in _read(data):
            values.setdefault(number, []).append(value)
        return cls(values)

    def find_bytes(self, number: int) -> bytes | None:
        value = self._last(number)
        return value if isinstance(value, bytes) else None

    def find_integer(self, number: int) -> int | None:
        value = self._last(number)
        return value if isinstance(value, int) else None

    def text(self, number: int) -> str:
        """Empty when absent."""
        return (self.find_bytes(number) or b"").decode(errors="replace")

    def double(self, number: int) -> float:
        """Zero when absent. Raises ProtobufError when the field is of another kind."""
        data = self.find_bytes(number)
        if data is None:
            return 0.0
        if len(data) != _DOUBLE.size:
            raise ProtobufError(f"field {number} is no double")
        return float(_DOUBLE.unpack(data)[0])

    def list_messages(self, number: int) -> list["Fields"]:
        """A repeated field."""
        values = self._values.get(number, [])
        return [Fields.decode(value) for value in values if isinstance(value, bytes)]

    def get_bytes(self, number: int) -> bytes:
        value = self.find_bytes(number)
        if value is None:
            raise ProtobufError(f"field {number} is missing")
        return value

    def get_message(self, number: int) -> "Fields":
        return Fields.decode(self.get_bytes(number))

    def _last(self, number: int) -> int | bytes | None:
        values = self._values.get(number)
        return values[-1] if values else None


def _field(out: bytearray, number: int, value: Value) -> None:
    if isinstance(value, int):
        _varint(out, number << 3 | _VARINT)
        _varint(out, value)
        return
    if isinstance(value, float):
        _varint(out, number << 3 | _FIXED64)
        out += _DOUBLE.pack(value)
        return
    data = value.encode() if isinstance(value, str) else value
    _varint(out, number << 3 | _BYTES)
    _varint(out, len(data))
    out += data


def _varint(out: bytearray, value: int) -> None:
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _read(data: bytes) -> Iterable[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _read_varint(data, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, at = _read_varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ProtobufError(f"a field of unknown kind {kind}")
        if at + size > len(data):
            raise ProtobufError("the message ends too early")
        yield key >> 3, data[at : at + size]
        at += size


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(_LONGEST_VARINT):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, at
    raise ProtobufError("a number without end")
