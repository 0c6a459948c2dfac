"""Settings from `FLOWHQ_*` variables: typed, complete, and nothing unknown.

A misspelt variable is the kind of mistake that shows weeks later, so a name this process
does not know is refused, by name.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from shared.errors import SettingsError

PREFIX = "FLOWHQ_"
SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)


def read_settings(shape: type[SettingsT], environ: Mapping[str, str] | None = None) -> SettingsT:
    """Reads `shape` from the environment: field `data_dir` is `FLOWHQ_DATA_DIR`.

    Durations are written in seconds (`"0.5"`, `"30"`). Raises SettingsError naming every
    variable that is unknown, missing or of the wrong type.
    """
    environ = os.environ if environ is None else environ  # noqa: TID251  the one reader
    fields = {PREFIX + field.name.upper(): field for field in msgspec.structs.fields(shape)}
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    problems = [f"{name} is not a setting of this process" for name in given.keys() - fields]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in given:
            if field.required:
                problems.append(f"{name} is required and not set")
            continue
        try:
            values[field.name] = _convert(given[name], field.type)
        except (msgspec.ValidationError, ValueError) as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise SettingsError("; ".join(sorted(problems)))
    return shape(**values)


def _convert(text: str, kind: Any) -> Any:
    if kind is timedelta:
        return timedelta(seconds=float(text))
    if kind is Path:
        return Path(text)
    return msgspec.convert(text, kind, strict=False)
