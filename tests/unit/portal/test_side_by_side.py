"""What a process of several says when it ends by a mistake."""

import subprocess
import sys

from launcher.paths import ROOT

MISTAKEN = """
from portal.side_by_side import run_side_by_side
raise SystemExit(run_side_by_side(2, lambda: 1 // 0))
"""


def test_a_mistake_in_one_is_told_and_is_the_exit_code():
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-c", MISTAKEN],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
