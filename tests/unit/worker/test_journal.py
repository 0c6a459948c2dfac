import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from worker.whatsapp import journal as journal_module
from worker.whatsapp.journal import Handed, Journal

MESSAGE = 17


@pytest.fixture
def start(tmp_path: Path) -> Callable[[], tuple[Journal, list[bytes]]]:
    """A worker's journal, and what an earlier one left there. The earlier one is just forgotten."""

    def start() -> tuple[Journal, list[bytes]]:
        journal = Journal(tmp_path / "journal")
        return journal, [handed.body for handed in journal.open()]

    return start


def size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*"))


def test_what_was_not_settled_is_there_after_a_kill(start):
    journal, left = start()
    assert left == []
    journal.append(MESSAGE, b"first")
    journal.append(MESSAGE, b"second")
    assert start()[1] == [b"first", b"second"]


def test_the_code_of_the_event_is_kept(tmp_path):
    journal = Journal(tmp_path / "journal")
    journal.open()
    journal.append(36, b"a call")
    assert Journal(tmp_path / "journal").open() == [Handed(36, b"a call")]


def test_what_is_settled_is_let_go(start, tmp_path):
    journal, _ = start()
    for body in (b"first", b"second"):
        journal.append(MESSAGE, body)
    journal.settle(2)
    assert size(tmp_path / "journal") == 0
    journal.append(MESSAGE, b"third")
    assert start()[1] == [b"third"]


def test_what_is_settled_in_part_is_there_as_a_whole(start):
    # The database knows each message by its id: one that comes again is no new one.
    journal, _ = start()
    for body in (b"first", b"second"):
        journal.append(MESSAGE, body)
    journal.settle(1)
    assert start()[1] == [b"first", b"second"]


def test_what_a_kill_left_is_let_go_once_it_is_settled(start, tmp_path):
    start()[0].append(MESSAGE, b"first")
    journal, left = start()
    journal.append(MESSAGE, b"second")
    journal.settle(len(left))
    assert start()[1] == [b"second"]
    journal.settle(1)
    assert size(tmp_path / "journal") == 0


def test_under_steady_traffic_full_files_go_as_they_are_settled(start, tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "FULL", 100)
    journal, _ = start()
    journal.append(MESSAGE, b"0" * 60)
    for number in range(1, 50):
        journal.append(MESSAGE, bytes([number]) * 60)
        journal.settle(1)
        assert size(tmp_path / "journal") < 300
    assert start()[1][-1] == bytes([49]) * 60


def test_an_order_of_more_than_nine_files_is_kept(start, monkeypatch):
    monkeypatch.setattr(journal_module, "FULL", 1)
    journal, _ = start()
    bodies = [str(number).encode() for number in range(25)]
    for body in bodies:
        journal.append(MESSAGE, body)
    assert start()[1] == bodies


@pytest.mark.parametrize("cut", [1, 4, 8, 9, 12])
def test_an_entry_that_is_not_whole_is_none(start, tmp_path, cut):
    journal, _ = start()
    journal.append(MESSAGE, b"whole")
    journal.append(MESSAGE, b"torn")
    [file] = [path for path in (tmp_path / "journal").iterdir() if path.stat().st_size]
    os.truncate(file, file.stat().st_size - cut)
    journal, left = start()
    assert left == [b"whole"]
    journal.append(MESSAGE, b"after it")
    assert start()[1] == [b"whole", b"after it"]


def test_a_volume_that_takes_nothing_holds_nothing_up(start, monkeypatch):
    journal, _ = start()

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        journal.append(MESSAGE, b"unwritten")
    journal.append(MESSAGE, b"written")
    assert start()[1] == [b"written"]
    journal.settle(2)
    assert start()[1] == []


def test_a_part_of_an_entry_is_taken_back(start, monkeypatch):
    journal, _ = start()
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, entry: write(file, entry[:5]))
        journal.append(MESSAGE, b"half of it")
    journal.append(MESSAGE, b"whole")
    assert start()[1] == [b"whole"]
