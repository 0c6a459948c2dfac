"""Secrets that stay."""

import stat
from pathlib import Path

from shared.secret_files import ensure_secret


def test_a_secret_stays_and_is_its_owners_alone(tmp_path: Path):
    file = tmp_path / "secret"
    first = ensure_secret(file)
    assert len(first) >= 43
    assert ensure_secret(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
