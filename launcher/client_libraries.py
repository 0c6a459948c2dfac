"""What neonize's own package needs of the machine: the tests run it beside the worker."""

from ctypes.util import find_library

from launcher import host
from launcher.console import step
from launcher.paths import Paths

PACKAGE = "libmagic1"  # `import neonize` loads it; the worker's own binding does not


def ensure(paths: Paths) -> None:
    if find_library("magic") is None:
        with step(f"Debian's {PACKAGE}"):
            host.install_packages(
                [PACKAGE], log=paths.logs / "apt.log", purpose="Testing against neonize itself"
            )
