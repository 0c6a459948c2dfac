"""Every frame that a worker may send, with every field of it wrong. Pure.

Made from the types of `shared.wire` themselves, so that a frame or a field that is new is wrong
in the same ways.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from attack.worker.values import is_impossible, to_frame, to_wrong
from shared.wire.frames import MAX_FRAME_BYTES, FromWorker

DEEP = 100_000
# Whose refusal is told. Events are settled whatever is in them, and of a log what fits is kept.
ANSWERED = frozenset(
    {"session", "heartbeat", "result", "file_ready", "file_missing", "ask_piece", "piece"}
)


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """kind: the frame's tag. what: the field, and the value for a person.

    must_refuse: no gateway may take it.
    """

    kind: str
    what: str
    data: bytes
    must_refuse: bool = False


def list_kinds() -> list[str]:
    return [str(each.tag) for each in _structs()]


def list_wrong(kind: str, fixed: Mapping[str, Any] | None = None) -> list[Wrong]:
    """Of one kind of frame: each field with each wrong value, without it, and nested ones too.

    fixed: what the other fields hold.
    """
    (found,) = [each for each in _structs() if each.tag == kind]
    frames = [
        Wrong(kind=kind, what=what, data=data, must_refuse=must_refuse and kind in ANSWERED)
        for what, value, must_refuse in _vary(found, fixed or {})
        if len(data := _pack(value)) <= MAX_FRAME_BYTES
    ]
    seen: set[bytes] = set()
    return [each for each in frames if not (each.data in seen or seen.add(each.data))]  # type: ignore[func-returns-value]


def list_shapeless() -> list[Wrong]:
    """What is no frame at all."""
    plain = _pack({"type": "heartbeat"})
    shapes: dict[str, bytes] = {
        "nothing": b"",
        "one byte": b"\xc1",
        "half a frame": plain[:-3],
        "two frames": plain + plain,
        "a number": _pack(5),
        "an unknown kind": _pack({"type": "EVIL"}),
        "no kind": _pack({"token": "x"}),
        "a kind that is a number": _pack({"type": 5}),
        "deep lists": b"\x91" * DEEP + b"\xc0",
        "deep fields": _pack({"type": "heartbeat", "session": "x"}) + b"\x81" * DEEP,
        "a list that says it is long": b"\xdd\xff\xff\xff\xff",
        "a text that says it is long": b"\xdb\xff\xff\xff\xff",
        "JSON": b'{"type": "heartbeat"}',
        "random bytes": bytes(range(256)) * 4,
        "a key that comes twice": b"\x82\xa4type\xa9heartbeat\xa4type\xa3log",
    }
    return [Wrong(kind="-", what=what, data=data) for what, data in shapes.items()]


def _vary(kind: inspect.StructType, fixed: Mapping[str, Any]) -> Iterator[tuple[str, Any, bool]]:
    """What is wrong, the whole value, and whether it must be refused."""

    def good() -> Any:
        return to_frame(kind) | fixed if fixed else to_frame(kind)

    for position, field in enumerate(kind.fields):
        base = good()
        key: Any = position if kind.array_like else field.encode_name
        for value in [*to_wrong(field.type), *_nested(field.type)]:
            what = f"{field.name} = {_short(value)}"
            yield what, _with(base, key, value), is_impossible(value)
        if not kind.array_like:
            yield f"without {field.name}", {k: v for k, v in base.items() if k != key}, False
    if not kind.array_like:
        yield "an unknown field", _with(good(), "evil", "x"), False


def _nested(kind: inspect.Type) -> list[Any]:
    """A list of structs, of which one has a field that is wrong."""
    match kind:
        case inspect.Metadata():
            return _nested(kind.type)
        case inspect.ListType() | inspect.VarTupleType():
            return [[value] for value in _nested(kind.item_type)]
        case inspect.UnionType():
            return [value for inner in kind.types for value in _nested(inner)]
        case inspect.StructType():
            return [value for _, value, _ in _vary(kind, {})]
        case _:
            return []


def _with(base: Any, key: Any, value: Any) -> Any:
    if isinstance(base, list):
        return [*base[:key], value, *base[key + 1 :]]
    return {**base, key: value}


def _structs() -> list[inspect.StructType]:
    found = inspect.type_info(FromWorker)
    assert isinstance(found, inspect.UnionType), "there are several kinds"
    return [each for each in found.types if isinstance(each, inspect.StructType)]


def _pack(value: Any) -> bytes:
    try:
        return msgspec.msgpack.encode(value)
    except OverflowError:
        return b""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:40]}… ({len(text)} long)"
