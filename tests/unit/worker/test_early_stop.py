"""A stop at any moment of the start, in a process of its own."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Runs `python -m worker` and sends it a signal at the moment a certain module is first asked for.
STOPPED_AT = """
import os, runpy, sys
module, number = sys.argv[1], int(sys.argv[2])

class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), number)

sys.meta_path.insert(0, Stop())
runpy.run_module("worker", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("module", ["worker.slim", "asyncio", "structlog", "worker.whatsapp.reach"])
def test_a_stop_while_python_imports_ends_with_0(module, number):
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-P", "-c", STOPPED_AT, module, str(int(number))],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["event"] == "worker.stopped"
