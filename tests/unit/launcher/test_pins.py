"""Images by digest: only what a registry said, of the image that is meant."""

from pathlib import Path

import pytest

from launcher import pins
from launcher.errors import LauncherError

DIGEST = f"sha256:{'0a' * 32}"


def write(root: Path, text: str) -> None:
    (root / "requirements").mkdir()
    (root / pins.FILE).write_text(text, encoding="utf-8")


def test_without_pins_the_tag_is_used(tmp_path: Path) -> None:
    assert pins.find_base(tmp_path) == "python:3.13-slim-trixie"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    known = {name: f"{tag}@{DIGEST}" for name, tag in pins.TAGS.items()}
    write(tmp_path, pins.render(known))
    assert pins.read_pins(tmp_path) == known
    assert pins.find_base(tmp_path) == f"python:3.13-slim-trixie@{DIGEST}"


@pytest.mark.parametrize(
    "image",
    [
        "python:3.13-slim-trixie",
        f"python:3.12@{DIGEST}",
        "python:3.13-slim-trixie@sha256:short",
        f"python:3.13-slim-trixie@{DIGEST}0",
    ],
)
def test_a_line_without_a_digest_of_that_image_is_refused(tmp_path: Path, image: str) -> None:
    write(tmp_path, f"{pins.BASE}={image}\n")
    with pytest.raises(LauncherError, match="by digest"):
        pins.find_base(tmp_path)


def test_the_tags_are_those_of_the_files_that_use_them() -> None:
    root = Path(pins.__file__).parents[1]
    for name in ("Dockerfile", "Dockerfile.worker"):
        assert f"ARG BASE_IMAGE={pins.TAGS[pins.BASE]}\n" in (root / name).read_text()
    compose = (root / "compose.yaml").read_text()
    for variable, tag in pins.TAGS.items():
        assert f"${{{variable}:-{tag}}}" in compose
