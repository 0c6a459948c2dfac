"""A value that is out of bounds, made into one that is within them, by the type it must have. Pure.

Cut with a mark, shortened with a hash, dated now: each change leaves a note that says what it was,
without a word of what it said. What cannot be made to fit is left out where it may be missing.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from math import isfinite
from typing import Annotated, Any, cast

import msgspec
from msgspec import inspect

from shared.bounds import CLOCKS_DIFFER, EARLIEST, IS_END, IS_KEY, LONGEST_SILENCE
from shared.enums import MessageKind
from shared.stored_text import cut, to_key

# What `msgspec` raises of bytes that are no frame: broken text and nesting without end included.
DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_MAX_PROBLEM = 300
_NIL = b"\xc0"
# More than any struct of the wire has, newer ones included.
_Fields = Annotated[dict[str, msgspec.Raw], msgspec.Meta(max_length=64)]
# What becomes of a word that is newer than this reader.
_UNKNOWN = {MessageKind: MessageKind.OTHER}


class UnfitError(ValueError):
    """The value cannot be made into anything of its type."""


def to_problem(error: Exception) -> str:
    """What is wrong with a frame, short enough to be told, logged and kept."""
    if isinstance(error, msgspec.DecodeError):
        return cut(str(error), _MAX_PROBLEM)
    return "Invalid UTF-8" if isinstance(error, UnicodeDecodeError) else "Nested too deeply"


class Fitting:
    """Of one struct, in MessagePack. Each method takes a value as it came and gives one that fits.

    Raises UnfitError.
    """

    def __init__(self, payload: bytes, now: datetime) -> None:
        self._payload = payload
        self._now = now
        self.notes: list[str] = []

    def fit(self, info: inspect.StructType) -> msgspec.Struct:
        return self._struct(info, self._payload, "")

    def _value(self, info: inspect.Type, raw: bytes, path: str) -> Any:
        extra: Mapping[str, Any] = {}
        if isinstance(info, inspect.Metadata):
            extra = info.extra or {}
            info = info.type
        match info:
            case inspect.StrType():
                return self._text(info, raw, path, is_key=IS_KEY in extra)
            case inspect.DateTimeType():
                return self._instant(raw, path, is_end=IS_END in extra)
            case inspect.IntType() | inspect.FloatType():
                return self._number(info, raw, path)
            case _:
                return self._fitters[type(info)](self, info, raw, path)

    def _struct(self, info: inspect.StructType, raw: bytes, path: str) -> msgspec.Struct:
        fields = _decode(raw, _Fields, path)
        values = {}
        for field in info.fields:
            name = f"{path}.{field.name}" if path else field.name
            if field.encode_name in fields:
                values[field.name] = self._value(field.type, bytes(fields[field.encode_name]), name)
            elif field.required:
                raise UnfitError(f"{name} is missing")
        made: msgspec.Struct = info.cls(**values)
        return made

    def _optional(self, info: inspect.UnionType, raw: bytes, path: str) -> Any:
        if raw == _NIL:
            return None
        [wanted] = [each for each in info.types if not isinstance(each, inspect.NoneType)]
        try:
            return self._value(wanted, raw, path)
        except UnfitError as error:
            self.notes.append(f"left out: {error}")
            return None

    def _text(self, info: inspect.StrType, raw: bytes, path: str, *, is_key: bool) -> str:
        text: str = _decode(raw, str, path)
        fitting = text
        if info.max_length is not None:
            fitting = to_key(text) if is_key else cut(text, info.max_length)
        if not fitting and info.min_length and is_key:
            # A name that stays: what is told again is the same.
            fitting = f"~{sha256(self._payload).hexdigest()}"
        if fitting != text:
            self.notes.append(f"{path} had {len(text)} characters")
        _check_form(fitting, info, path)
        return fitting

    def _number(self, info: inspect.IntType | inspect.FloatType, raw: bytes, path: str) -> Any:
        number = _decode(raw, int if isinstance(info, inspect.IntType) else float, path)
        if not isfinite(number):
            raise UnfitError(f"{path} is no number")
        low = number if info.ge is None else info.ge
        high = number if info.le is None else info.le
        fitting = type(number)(max(low, min(number, high)))
        if fitting != number:
            self.notes.append(f"{path} was {number}")
        return fitting

    def _instant(self, raw: bytes, path: str, *, is_end: bool) -> datetime:
        latest = self._now + (LONGEST_SILENCE if is_end else CLOCKS_DIFFER)
        try:
            at: datetime = _decode(raw, datetime, path)
        except UnfitError as error:
            self.notes.append(f"dated now: {error}")
            return self._now
        aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        if at.tzinfo is not None and EARLIEST <= aware <= latest:
            return at
        self.notes.append(f"{path} was {at.isoformat()}")
        if is_end:
            return min(max(aware, EARLIEST), latest)
        return aware if EARLIEST <= aware <= latest else self._now

    def _word(self, info: inspect.EnumType, raw: bytes, path: str) -> Any:
        kind = cast("type[StrEnum]", info.cls)
        word = _decode(raw, str, path)
        try:
            return kind(word)
        except ValueError as error:
            if kind not in _UNKNOWN:
                raise UnfitError(f"{path} is a word that is not known") from error
        self.notes.append(f"{path} is a word that is not known")
        return _UNKNOWN[kind]

    def _list(
        self, info: inspect.ListType | inspect.VarTupleType, raw: bytes, path: str
    ) -> list[Any] | tuple[Any, ...]:
        # Never cut: each element is somebody's. As many as a frame holds are no list of ours.
        bound = msgspec.Meta(max_length=info.max_length)
        values: list[msgspec.Raw] = _decode(raw, Annotated[list[msgspec.Raw], bound], path)
        fitting = [self._value(info.item_type, bytes(value), f"{path}[…]") for value in values]
        return tuple(fitting) if isinstance(info, inspect.VarTupleType) else fitting

    def _dict(self, info: inspect.DictType, raw: bytes, path: str) -> dict[str, Any]:
        bound = msgspec.Meta(max_length=info.max_length)
        values: dict[str, msgspec.Raw] = _decode(
            raw, Annotated[dict[str, msgspec.Raw], bound], path
        )
        return {
            self._value(info.key_type, msgspec.msgpack.encode(name), path): self._value(
                info.value_type, bytes(value), f"{path}.…"
            )
            for name, value in values.items()
        }

    def _plain(self, info: inspect.Type, raw: bytes, path: str) -> Any:
        return _decode(raw, bool if isinstance(info, inspect.BoolType) else bytes, path)

    _fitters: Mapping[type, Callable[..., Any]] = {
        inspect.StructType: _struct,
        inspect.UnionType: _optional,
        inspect.EnumType: _word,
        inspect.ListType: _list,
        inspect.VarTupleType: _list,
        inspect.DictType: _dict,
        inspect.BoolType: _plain,
        inspect.BytesType: _plain,
    }


def list_structs(union: Any) -> dict[str, inspect.StructType]:
    """The structs of a tagged union, by tag."""
    info = inspect.type_info(union)
    assert isinstance(info, inspect.UnionType)
    structs = [each for each in info.types if isinstance(each, inspect.StructType)]
    return {str(each.tag): each for each in structs}


def _decode(raw: bytes, kind: Any, path: str) -> Any:
    try:
        return msgspec.msgpack.decode(raw, type=kind)
    except DECODE_ERRORS as error:
        problem = to_problem(error)
        raise UnfitError(f"{path}: {problem}" if path else problem) from error


def _check_form(text: str, info: inspect.StrType, path: str) -> None:
    bound = msgspec.Meta(min_length=info.min_length, pattern=info.pattern)
    try:
        msgspec.convert(text, Annotated[str, bound])
    except msgspec.ValidationError as error:
        raise UnfitError(f"{path} has not the form it must have") from error
