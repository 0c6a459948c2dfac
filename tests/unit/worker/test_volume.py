"""What a volume is said to hold, and the token that the control plane leaves on it."""

import os

import pytest

from shared.worker_files import TOKEN_FILE
from worker.session import volume
from worker.session.volume import Volume, VolumeUnusableError


def test_every_file_counts_once_whatever_its_names(tmp_path):
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "a").write_bytes(b"x" * 1_000)
    os.link(tmp_path / "journal" / "a", tmp_path / "same")
    (tmp_path / "b").write_bytes(b"x" * 50)
    assert Volume(tmp_path).used_bytes() == 1_050


def test_a_volume_full_of_files_is_not_looked_through_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(volume, "_MOST_FILES", 3)
    for number in range(9):
        (tmp_path / str(number)).write_bytes(b"x" * 10)
    assert Volume(tmp_path).used_bytes() == 30


def test_a_token_is_read_as_it_was_left(tmp_path):
    assert Volume(tmp_path).find_token() == ""
    (tmp_path / TOKEN_FILE).write_text("fhw_good\n")
    assert Volume(tmp_path).find_token() == "fhw_good"


def test_a_token_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / TOKEN_FILE).mkdir()
    with pytest.raises(VolumeUnusableError, match="token"):
        Volume(tmp_path).find_token()
