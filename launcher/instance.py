"""What is remembered of an installation between runs: its id, and how it was started."""

import secrets
from pathlib import Path

import msgspec

from launcher.errors import LauncherError
from launcher.paths import Paths
from launcher.settings import LauncherSettings

ID_BYTES = 4
PRACTICE, LIVE = "practice", "the real WhatsApp"


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


def ensure_mode(paths: Paths, *, live: bool) -> None:
    """Practice and the real WhatsApp never share tenants.

    The phones that a practice tenant is linked to do not exist, and the real WhatsApp would be
    shown their keys. Raises LauncherError.
    """
    mode = LIVE if live else PRACTICE
    file = paths.state / "mode"
    if not file.exists():
        file.write_text(mode, encoding="utf-8")
    known = file.read_text(encoding="utf-8").strip()
    if known != mode:
        raise LauncherError(
            f"{paths.state} was made for {known} and its tenants cannot be used for {mode}: "
            "choose another directory with --state-dir, or run ./scripts/down --purge first"
        )


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
