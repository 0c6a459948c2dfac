"""What a worker leaves out stays out, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from worker.slim import give_back_memory, leave_out_unused
leave_out_unused()
import worker.main
give_back_memory()
print(*sorted(name for name in sys.modules if getattr(sys.modules[name], "__file__", None)))
"""


def loaded(url):
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={"FLOWHQ_GATEWAY_URL": url},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def modules():
    return loaded("ws://gateway:1/")


@pytest.mark.parametrize(
    "left_out",
    ["ssl", "urllib.request", "http.client", "email.message", "importlib.metadata", "neonize",
     "google.protobuf", "PIL", "magic", "requests"],
)  # fmt: skip
def test_what_a_text_bot_never_runs_is_not_loaded(modules, left_out):
    assert left_out not in modules


def test_a_gateway_behind_tls_gets_the_real_thing():
    assert "ssl" in loaded("wss://gateway:1/")
