"""Just enough of the protobuf wire format for a bot.

The generated modules of the client library cost 19 MB in every worker for some thirty
fields; `tests/unit/worker/test_translate.py` holds this reader against them.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import TypeVar

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5

DataT = TypeVar("DataT", bytes, memoryview)
Value = int | bytes
Fields = dict[int, Value]
Writable = int | bool | float | str | bytes | Mapping[int, "Writable"]


class MalformedMessageError(ValueError):
    """The bytes are no protobuf message."""


def read(data: Value | None) -> Fields:
    """Field number to value; of a repeated field the last. An absent message has no fields.

    Varints stay unsigned, fixed-width numbers and everything with a length stay bytes.
    """
    if not isinstance(data, bytes):
        return {}
    return dict(_read_all(data))


def read_large(data: memoryview) -> dict[int, int | memoryview]:
    """As `read`, of a message too large to be copied: what has a length is a part of `data`."""
    return dict(_read_all(data))


def read_repeated(data: Value | None, field: int) -> list[Value]:
    """Every value of a repeated field, in order."""
    if not isinstance(data, bytes):
        return []
    return [value for number, value in _read_all(data) if number == field]


def text(value: Value | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def number(value: Value | None) -> int:
    return value if isinstance(value, int) else 0


def write(fields: Mapping[int, Writable]) -> bytes:
    """Encodes in the given order, a float as a double. Zeros are written too: the library's own
    messages are proto2 with required fields.
    """
    out = bytearray()
    for field, value in fields.items():
        if isinstance(value, int):
            out += _varint(field << 3 | _VARINT) + _varint(value)
            continue
        if isinstance(value, float):
            out += _varint(field << 3 | _FIXED64) + struct.pack("<d", value)
            continue
        body = _body(value)
        out += _varint(field << 3 | _LENGTH) + _varint(len(body)) + body
    return bytes(out)


def _read_all(data: DataT) -> Iterator[tuple[int, int | DataT]]:
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        value, at = _read_value(data, at, key & 7)
        yield key >> 3, value


def _body(value: str | bytes | Mapping[int, Writable]) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else write(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise MalformedMessageError("a number does not end")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _read_value(data: DataT, at: int, wire_type: int) -> tuple[int | DataT, int]:
    if wire_type == _VARINT:
        return _read_varint(data, at)
    if wire_type == _LENGTH:
        size, at = _read_varint(data, at)
    elif wire_type in {_FIXED64, _FIXED32}:
        size = 8 if wire_type == _FIXED64 else 4
    else:
        raise MalformedMessageError(f"wire type {wire_type} is not in use")
    if at + size > len(data):
        raise MalformedMessageError("a field is longer than the message")
    return data[at : at + size], at + size
