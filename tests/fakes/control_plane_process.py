"""A whole control plane in a process of its own, except that its engine is one in memory.

Its settings come from the environment, as always. FLOWHQ_TEST_DESCRIPTORS, which is no setting of
it: how many files it may have open when it begins.
"""

import asyncio
import os
import resource
import sys

from controlplane import app
from controlplane.settings import ControlPlaneSettings
from shared.settings import read_settings
from tests.fakes.containers import FakeDriver, FakeEngine


def main() -> int:
    descriptors = os.environ.pop("FLOWHQ_TEST_DESCRIPTORS", None)  # noqa: TID251  no setting
    if descriptors is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(descriptors), hard))
    engine = FakeEngine()
    app.DockerDriver = lambda instance, **_: FakeDriver(engine, instance=instance)
    asyncio.run(app.run(read_settings(ControlPlaneSettings)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
