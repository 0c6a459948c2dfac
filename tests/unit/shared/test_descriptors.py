"""A process may open as many files as it is allowed at all."""

import resource
import subprocess
import sys

from tests.conftest import ROOT

SCRIPT = """
import resource
from shared.descriptors import raise_descriptor_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard}))
print(raise_descriptor_limit(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
print(raise_descriptor_limit(300))
"""


def test_the_soft_limit_becomes_what_the_hard_limit_allows():
    hard = min(2_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    done = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", SCRIPT.format(hard=hard)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [str(hard), str(hard), str(hard)]
