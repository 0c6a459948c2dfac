"""A file's date is the kernel's: compared with what a Clock says, it mixes two clocks."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROCESSES = ("controlplane", "launcher", "portal", "sandbox", "shared", "worker")
DATES = re.compile(r"\bst_[amc]time|\bget[amc]time\b")
# Where they are not: dated by a Clock itself, or told apart by their order alone.
ALLOWED = {"controlplane/media/files.py", "sandbox/mailbox.py", "sandbox/media/files.py"}


def test_dates_of_files_are_asked_for_nowhere_else():
    asking = {
        str(path.relative_to(ROOT))
        for process in PROCESSES
        for path in (ROOT / process).rglob("*.py")
        if DATES.search(path.read_text())
    }
    assert asking == ALLOWED
