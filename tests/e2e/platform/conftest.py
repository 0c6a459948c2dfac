"""One platform for all journeys: it is brought up once, and purged at the end."""

from collections.abc import Iterator

import pytest

from tests.e2e.platform.running import Platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    running = Platform(tmp_path_factory.mktemp("platform") / "state")
    try:
        done = running.up()
        assert done.returncode == 0, done.stdout + done.stderr
        yield running
    finally:
        running.close()
        purged = running.script("down", "--purge")
        assert purged.returncode == 0, purged.stdout + purged.stderr
