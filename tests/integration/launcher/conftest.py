"""An installation of its own for these tests: own state, own ports, the machine's engine."""

from collections.abc import Iterator

import pytest

from launcher import building, environment, images
from launcher.images import Prepared
from launcher.leftovers import remove_images
from launcher.paths import ROOT, Paths


@pytest.fixture(scope="session")
def image_paths(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    paths = Paths(root=ROOT, state=tmp_path_factory.mktemp("launcher") / "state")
    paths.prepare()
    return paths


@pytest.fixture(scope="session")
def prepared(image_paths: Paths) -> Iterator[Prepared]:
    """Engine and images; the practice image is of this run's own keys and goes with it."""
    made = images.prepare(image_paths, environment.current(), practice=True)
    yield made
    remove_images(image_paths, made.engine.address, shared=True)
    assert building.find_image(made.engine.address, made.worker.tag) is None
