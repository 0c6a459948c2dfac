"""Says in OpenAPI 3.0 what Litestar says in 3.1, for the constructs that it writes."""

from typing import Any

_NULL = {"type": "null"}


def to_openapi_30(document: dict[str, Any]) -> dict[str, Any]:
    """`document` is plain JSON; the answer shares nothing with it that it changes."""
    converted = _convert(document)
    assert isinstance(converted, dict)
    return {**converted, "openapi": "3.0.3"}


def _convert(node: Any) -> Any:
    if isinstance(node, list):
        return [_convert(item) for item in node]
    if not isinstance(node, dict):
        return node
    return _rewrite({key: _convert(value) for key, value in node.items()})


def _rewrite(schema: dict[str, Any]) -> dict[str, Any]:
    for word in ("oneOf", "anyOf"):
        choices = schema.get(word)
        if isinstance(choices, list) and _NULL in choices:
            rest = [choice for choice in choices if choice != _NULL]
            schema = {**schema, word: rest, "nullable": True}
            if len(rest) == 1:
                del schema[word]
                # A $ref tolerates nothing beside it in 3.0, so it stays wrapped.
                schema |= {"allOf": rest} if "$ref" in rest[0] else rest[0]
    kinds = schema.get("type")
    if isinstance(kinds, list):
        rest = [kind for kind in kinds if kind != "null"]
        schema = {**schema, "type": rest[0] if rest else "string", "nullable": "null" in kinds}
    if schema.get("required") == []:
        schema = {key: value for key, value in schema.items() if key != "required"}
    if "const" in schema:
        schema = {**schema, "enum": [schema["const"]]}
        del schema["const"]
    return schema
