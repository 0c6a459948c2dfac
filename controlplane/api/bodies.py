"""Says what is wrong with a JSON body: every field at once, in words for a person."""

import re
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from shared.structs.text import PATTERN_PROBLEMS

# How msgspec ends a message: where in the value it stopped.
_PLACE = re.compile(r"^(?P<message>.*?)(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?$", re.DOTALL)
_PLAIN = (
    (re.compile(r"Expected `str` of length >= 1$"), "must not be empty"),
    (re.compile(r"Expected `str` of length <= (\d+)$"), r"must be at most \1 characters long"),
    (re.compile(r"Expected `array` of length >= 1$"), "must not be empty"),
    (re.compile(r"Expected `array` of length <= (\d+)$"), r"must have at most \1 items"),
    (
        re.compile(r"Expected `datetime` with a timezone component$"),
        "must have an offset, like 2026-11-23T08:00:00Z",
    ),
    (re.compile(r"Invalid RFC3339 encoded datetime$"), "must be a time like 2026-11-23T08:00:00Z"),
    (re.compile(r"Expected `(.+)`, got `(.+)`$"), r"must be \1, not \2"),
    (re.compile(r"Expected `\w+` (>=|<=) (-?\d+(?:\.\d+)?)$"), r"must be \1 \2"),
    (re.compile(r"Invalid (?:enum )?value .*$", re.DOTALL), "is not one of the known values"),
    (re.compile(r"Invalid UUID$"), "must be a UUID"),
    (re.compile(r"Object contains unknown field `(.*)`$"), r"has an unknown field '\1'"),
    (re.compile(r"Object missing required field `(.*)`$"), r"lacks the field '\1'"),
)
WHOLE = "body"
# Of a list: a client that sends a thousand wrong items learns it from the first hundred.
MAX_PROBLEMS = 100


class FieldProblem(msgspec.Struct, frozen=True):
    """`field` is the path to the value, as a client would write it."""

    field: str
    message: str


class InvalidBodyError(Exception):
    """The body cannot be used, for these reasons."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__("the body cannot be used")
        self.problems = problems


def find_problems(body: object, shape: type[msgspec.Struct]) -> list[FieldProblem]:
    """Everything that keeps `body`, decoded JSON, from being a `shape`; empty when nothing does."""
    if not isinstance(body, dict):
        return [FieldProblem(WHOLE, "must be a JSON object")]
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    known = {*fields, shape.__struct_config__.tag_field}
    problems = [
        FieldProblem(name, "is not a field of this request") for name in body.keys() - known
    ]
    for name, field in fields.items():
        if name in body:
            problems += _check(name, body[name], field.type)
        elif field.required:
            problems.append(FieldProblem(name, "is required"))
    return sorted(problems, key=lambda problem: problem.field)


def to_problem(field: str, message: str) -> FieldProblem:
    """A msgspec message about the value at `field`; the place it names joins the path."""
    match = _PLACE.match(message)
    assert match is not None, "the pattern matches any text"
    return FieldProblem(field + (match["path"] or ""), _reword(match["message"]))


def _check(name: str, value: object, kind: Any) -> list[FieldProblem]:
    item = _find_item(kind)
    if item is not None and isinstance(value, list):
        # Each with its own index; the list's own bounds are checked below, where all items fit.
        problems = [
            FieldProblem(f"{name}[{index}]" + _under(problem.field), problem.message)
            for index, each in enumerate(value)
            for problem in find_problems(each, item)
        ]
        if problems:
            return problems[:MAX_PROBLEMS]
    variant = _find_variant(kind, value)
    if variant is not None:
        return [
            FieldProblem(f"{name}.{problem.field}", problem.message)
            for problem in find_problems(value, variant)
        ]
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return [to_problem(name, str(error))]
    return []


def _find_item(kind: Any) -> type[msgspec.Struct] | None:
    """The struct of which `kind` is a list, if it is one."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is not list:
        return None
    (item,) = get_args(kind)
    return item if isinstance(item, type) and issubclass(item, msgspec.Struct) else None


def _find_variant(kind: Any, value: object) -> type[msgspec.Struct] | None:
    """The struct of a tagged union that `value` says it is."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) not in {Union, UnionType} or not isinstance(value, dict):
        return None
    for variant in get_args(kind):
        if not isinstance(variant, type) or not issubclass(variant, msgspec.Struct):
            continue
        config = variant.__struct_config__
        if config.tag_field is not None and value.get(config.tag_field) == config.tag:
            return variant
    return None


def _under(field: str) -> str:
    return "" if field == WHOLE else f".{field}"


def _reword(message: str) -> str:
    for pattern, words in PATTERN_PROBLEMS.items():
        if message == f"Expected `str` matching regex {pattern!r}":
            return words
    for plain, words in _PLAIN:
        if plain.match(message):
            return plain.sub(words, message)
    return message
