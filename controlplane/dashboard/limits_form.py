"""The form of a tenant's limits, made into the body that the API takes. Pure.

Sizes are written in MiB there, and a field that is left empty follows the default.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from shared.structs.limits import LIMIT_NAMES, MIB, LimitsView

SIZES = frozenset({"memory_bytes", "disk_bytes"})


class LimitRow(msgspec.Struct, frozen=True, kw_only=True):
    """One limit in words. used: None where nobody measures it. is_spent: used up."""

    name: str
    allowed: str
    default: str
    used: str | None
    is_spent: bool


def to_form(view: LimitsView) -> dict[str, str]:
    """What the fields hold: the tenant's own limits."""
    limits = {name: getattr(view, name) for name in LIMIT_NAMES}
    return {
        name: _write(name, limit.allowed) if limit.is_overridden else ""
        for name, limit in limits.items()
    }


def to_rows(view: LimitsView) -> list[LimitRow]:
    limits = {name: getattr(view, name) for name in LIMIT_NAMES}
    return [
        LimitRow(
            name=name,
            allowed=_write(name, limit.allowed),
            default=_write(name, limit.default),
            used=None if limit.used is None else _write(name, limit.used),
            is_spent=limit.used is not None and limit.used >= limit.allowed,
        )
        for name, limit in limits.items()
    ]


def read_limits(form: Mapping[str, str]) -> dict[str, Any]:
    """The body of the API; what is no number stays the text that it is, for the API to refuse."""
    return {name: _read(name, form[name].strip()) for name in LIMIT_NAMES if name in form}


def _read(name: str, text: str) -> float | str | None:
    if not text:
        return None
    try:
        number = int(text) if name != "cpus" else float(text)
    except ValueError:
        return text
    return number * MIB if name in SIZES else number


def _write(name: str, value: float) -> str:
    if name in SIZES:
        return f"{value / MIB:.0f}"
    return f"{value:g}" if name == "cpus" else f"{value:.0f}"
