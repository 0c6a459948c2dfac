"""What is remembered of an installation between runs: its id, and how it was started."""

import secrets
from pathlib import Path

import msgspec

from launcher.paths import Paths
from launcher.settings import LauncherSettings

ID_BYTES = 4


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """How the processes that are alive were started; `up` compares, `down` reads."""

    live: bool
    settings: LauncherSettings


def ensure_id(paths: Paths) -> str:
    """Eight hex digits, made once: two installations share an engine in peace."""
    found = find_id(paths)
    if found is not None:
        return found
    made = secrets.token_hex(ID_BYTES)
    draft = paths.instance.with_suffix(".new")
    draft.write_text(made, encoding="utf-8")
    draft.replace(paths.instance)
    return made


def find_id(paths: Paths) -> str | None:
    try:
        return paths.instance.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def write_running(paths: Paths, running: Running) -> None:
    (paths.records / "platform.json").write_bytes(msgspec.json.encode(running, enc_hook=str))


def find_running(paths: Paths) -> Running | None:
    try:
        content = (paths.records / "platform.json").read_bytes()
        return msgspec.json.decode(content, type=Running, dec_hook=_to_path)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def forget_running(paths: Paths) -> None:
    (paths.records / "platform.json").unlink(missing_ok=True)


def _to_path(kind: type, value: str) -> Path:
    assert kind is Path, "the only type of a setting that JSON has not"
    return Path(value)
