"""What a change of a bot's configuration changed, in a few words for the audit log. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from shared.structs.tenants import TenantConfig

# A text is shortened: what was said is in the configuration, that it changed is here.
LONGEST = 80
MOST = 50
_REST = "…"


def list_changes(before: TenantConfig | None, after: TenantConfig) -> list[dict[str, Any]]:
    """Each field by its path, `hours.MON.opens`, with what it was and is; None where there was, or
    is, none. before: None for a configuration that could not be read.
    """
    old = {} if before is None else dict(_flatten("", msgspec.to_builtins(before)))
    new = dict(_flatten("", msgspec.to_builtins(after)))
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    changes: list[dict[str, Any]] = [
        {"field": name, "old": _shorten(old.get(name)), "new": _shorten(new.get(name))}
        for name in names[:MOST]
    ]
    if len(names) > MOST:
        changes.append({"field": _REST, "old": None, "new": f"{len(names) - MOST} more"})
    return changes


def _flatten(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _flatten(f"{place}.{name}" if place else str(name), each)
    elif value is not None and value != []:
        yield place, value


def _shorten(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}{_REST}"
