"""One platform for all attacks, with the ground that the attack makes on it."""

import asyncio
from collections.abc import Iterator

import pytest

from attack.ground import Ground
from attack.platform.local import find_local
from attack.settling import settle
from launcher import environment
from tests.e2e.platform.running import Platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    running = Platform(tmp_path_factory.mktemp("attacked") / "state")
    try:
        done = running.up("--no-demo")
        assert done.returncode == 0, done.stdout + done.stderr
        yield running
    finally:
        running.close()
        purged = running.script("down", "--purge")
        assert purged.returncode == 0, purged.stdout + purged.stderr


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """One loop for all tests: the ground's connections belong to it."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="session")
def ground(platform: Platform, runner: asyncio.Runner) -> Iterator[Ground]:
    made = Ground(find_local(platform.state_dir, environment.current()))
    runner.run(made.__aenter__())
    try:
        runner.run(settle(made))
        yield made
    finally:
        runner.run(made.__aexit__(None, None, None))
