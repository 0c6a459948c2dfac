"""A body that each route of the API would take, made from its own OpenAPI document."""

import re
from collections.abc import Mapping
from typing import Any

# Values that the patterns of this API are known to take; the first that fits is used.
CANDIDATES = (
    *("+255754999000", "Attack", "a" * 64, "https://attack.example/file.png"),
    *("Africa/Dar_es_Salaam", "08:00", "2026-12-25", "👍", "x", "1"),
)
BY_FIELD = {"email": "nobody@attack.example", "password": "long-enough-to-be-one"}
BY_FORMAT = {
    "date-time": "2099-01-01T00:00:00Z",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2099-01-01",
    "binary": "x",
}
DEEPEST = 12


class Bodies:
    """document: as `/schema/openapi.json` is answered."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._paths: Mapping[str, Any] = document.get("paths", {})
        self._schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})

    def find(self, method: str, path: str) -> object:
        """None for a route without a body."""
        operation = self._paths.get(path, {}).get(method.lower(), {})
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return None if schema is None else self.example(schema)

    def example(self, schema: Mapping[str, Any], *, field: str = "", depth: int = 0) -> Any:
        if depth > DEEPEST:
            return None
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self.example(self._schemas.get(name, {}), field=field, depth=depth + 1)
        for word in ("oneOf", "anyOf", "allOf"):
            if word in schema:
                chosen: Mapping[str, Any] = next(
                    (each for each in schema[word] if each.get("type") != "null"), {}
                )
                outer = {key: value for key, value in schema.items() if key != word}
                return self.example({**outer, **chosen}, field=field, depth=depth + 1)
        return self._plain(schema, field=field, depth=depth)

    def _plain(self, schema: Mapping[str, Any], *, field: str, depth: int) -> Any:
        for fixed in [schema["const"]] if "const" in schema else schema.get("enum", []):
            return fixed
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth=depth)
        if kind == "array":
            item = self.example(schema.get("items", {}), field=field, depth=depth + 1)
            return [item] * schema.get("minItems", 0)
        if kind == "string":
            return _text(schema, field=field)
        return schema.get("minimum", 1) if kind in {"integer", "number"} else False

    def _object(self, schema: Mapping[str, Any], *, depth: int) -> dict[str, Any]:
        fields = schema.get("properties", {})
        made = {
            name: self.example(fields.get(name, {}), field=name, depth=depth + 1)
            for name in schema.get("required", [])
        }
        # "One of the two", which the document cannot say.
        if "text" in fields and "to" in made:
            made["text"] = "From another tenant"
        return made


def _text(schema: Mapping[str, Any], *, field: str) -> str:
    if (form := str(schema.get("format"))) in BY_FORMAT:
        return BY_FORMAT[form]
    if field in BY_FIELD:
        return BY_FIELD[field]
    least: int
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10**6)
    pattern = schema.get("pattern", "")
    for candidate in CANDIDATES:
        if least <= len(candidate) <= most and re.search(pattern, candidate):
            return candidate
    return "x" * max(least, 1)
