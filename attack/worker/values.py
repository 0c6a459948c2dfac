"""Values that a field of a frame or a column was not made for, by its type. Pure."""

import itertools
import math
import re
import struct
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import inspect

LONG = 70_000
LARGE = 900_000
# MessagePack's timestamp extension, 96 bits: nanoseconds, then seconds as a signed 64-bit number.
TIMESTAMP = -1
_NUMBERS = itertools.count()
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)

WHOLE_NUMBERS: list[Any] = [
    *(-1, -(2**31) - 1, -(2**63), 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1),
    *(1.5, "1", True, None),
]
NUMBERS: list[Any] = [float("nan"), float("inf"), float("-inf"), 1e308, -1e308, -1.0, "1", None]
TEXTS: list[Any] = [
    *("", "\x00", "a\x00b", "x" * LONG, "x" * LARGE, "'; DROP TABLE tenants; --"),
    *("\u202egnp.exe", "\u200b", "\n\r\x1b[2J", "=1+1", "<script>alert(1)</script>", 5, None),
    msgspec.Raw(b"\xa3\xed\xa0\x80"),  # a surrogate, which is no UTF-8
    msgspec.Raw(b"\xa4\xff\xfe\x00\x80"),
]
INSTANTS: list[Any] = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    *("2026-01-01T00:00:00", "EVIL", 0, None),
    msgspec.msgpack.Ext(TIMESTAMP, struct.pack(">Iq", 0, 2**62)),
    msgspec.msgpack.Ext(TIMESTAMP, struct.pack(">Iq", 2**32 - 1, 0)),
]
WORDS: list[Any] = ["EVIL", "", "x" * LONG, 5, None]
BYTES: list[Any] = [b"", b"\x00" * LARGE, "text", None]
OTHERS: list[Any] = [[], {}, "EVIL", -1, None]


def is_impossible(value: Any) -> bool:
    """Whether no field of any frame may hold it."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return value >= 2**63 or value < -1
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, str | bytes) and len(value) >= LARGE


def to_base(kind: inspect.Type) -> Any:  # noqa: C901, PLR0911, PLR0912  a line per type
    """A value that the type takes."""
    match kind:
        case inspect.StrType():
            # Each is another: a row that is there already is not written again.
            text = f"attack-{next(_NUMBERS)}"
            fits = kind.pattern is None or re.search(kind.pattern, text)
            return text if fits else sha256(text.encode()).hexdigest()
        case inspect.BoolType():
            return False
        case inspect.IntType():
            return 1
        case inspect.FloatType():
            return 1.0
        case inspect.BytesType():
            return b"attack"
        case inspect.DateTimeType():
            return NOW
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.ListType() | inspect.VarTupleType():
            return [to_base(kind.item_type)]
        case inspect.DictType():
            return {}
        case inspect.UnionType():
            return to_base(next(t for t in kind.types if not isinstance(t, inspect.NoneType)))
        case inspect.StructType():
            return to_frame(kind)
        case inspect.Metadata():
            return to_base(kind.type)
        case _:
            return None


def to_frame(kind: inspect.StructType) -> Any:
    """A whole value of that struct, every field named."""
    fields = {field.encode_name: to_base(field.type) for field in kind.fields}
    if kind.array_like:
        return [*fields.values()]
    return ({} if kind.tag is None else {str(kind.tag_field): kind.tag}) | fields


def to_wrong(kind: inspect.Type) -> list[Any]:
    """Values that it was not made for, and those at its bounds."""
    for types, values in _BY_TYPE:
        if isinstance(kind, types):
            return values
    match kind:
        case inspect.Metadata():
            return to_wrong(kind.type)
        case inspect.UnionType():
            return [each for inner in kind.types for each in to_wrong(inner)]
        case inspect.ListType() | inspect.VarTupleType():
            base = to_base(kind.item_type)
            return [[], [base] * 3000, [None], "EVIL", None] + [
                [each] for each in to_wrong(kind.item_type)
            ]
        case inspect.DictType():
            many = {f"key {n}": n for n in range(20_000)}
            return [{"EVIL": -1}, {"EVIL": 2**63}, {"": "x"}, many, [], None]
        case _:
            return OTHERS


_BY_TYPE: list[tuple[Any, list[Any]]] = [
    (inspect.BoolType, OTHERS),
    (inspect.IntType, WHOLE_NUMBERS),
    (inspect.FloatType, NUMBERS),
    (inspect.StrType, TEXTS),
    (inspect.DateTimeType, INSTANTS),
    (inspect.EnumType, WORDS),
    (inspect.BytesType, BYTES),
    (inspect.NoneType, []),
]
