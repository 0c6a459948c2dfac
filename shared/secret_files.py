"""Secrets of this installation that nobody chose."""

from pathlib import Path
from secrets import token_urlsafe

_BYTES = 32


def ensure_secret(file: Path) -> str:
    """256 random bits that stay; readable by their owner alone."""
    if not file.exists():
        draft = file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(token_urlsafe(_BYTES), encoding="utf-8")
        draft.replace(file)
    return file.read_text(encoding="utf-8")
