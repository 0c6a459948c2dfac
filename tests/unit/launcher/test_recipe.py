"""An image's name follows from its inputs, and from nothing else."""

import tarfile
from pathlib import Path

import pytest

from launcher import recipe, worker_image
from launcher.building import Image

BASE = Image(tag="flowhq-base:1", id="sha256:one", size=1)


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return tree(
        tmp_path,
        {
            "Dockerfile.worker": "FROM scratch",
            "requirements/worker.lock": "a==1",
            "worker/app.py": "one",
            "shared/log.py": "two",
            "shared/db/engine.py": "never in a worker",
            "shared/phone.py": "neither",
            "controlplane/app.py": "nor this",
        },
    )


def tag(checkout: Path, base: Image = BASE) -> str:
    return worker_image.tag_of(worker_image.inputs(checkout), base)


def test_the_same_inputs_give_the_same_tag(checkout: Path) -> None:
    assert tag(checkout) == tag(checkout)


@pytest.mark.parametrize(
    "changed", ["worker/app.py", "shared/log.py", "requirements/worker.lock", "Dockerfile.worker"]
)
def test_a_changed_input_gives_another_tag(checkout: Path, changed: str) -> None:
    before = tag(checkout)
    (checkout / changed).write_text("changed")
    assert tag(checkout) != before


@pytest.mark.parametrize(
    "changed", ["shared/db/engine.py", "shared/phone.py", "controlplane/app.py"]
)
def test_what_a_worker_does_not_carry_does_not_count(checkout: Path, changed: str) -> None:
    before = tag(checkout)
    (checkout / changed).write_text("changed")
    assert tag(checkout) == before


def test_bytecode_does_not_count(checkout: Path) -> None:
    before = tag(checkout)
    tree(checkout, {"worker/__pycache__/app.cpython-311.pyc": "x", "worker/old.pyc": "x"})
    assert tag(checkout) == before


def test_another_base_gives_another_tag(checkout: Path) -> None:
    other = Image(tag=BASE.tag, id="sha256:two", size=1)
    assert tag(checkout, other) != tag(checkout)


def test_a_renamed_file_gives_another_digest() -> None:
    assert recipe.digest({"a": b"x"}, {}) != recipe.digest({"b": b"x"}, {})


def test_content_moved_across_a_boundary_gives_another_digest() -> None:
    assert recipe.digest({"a": b"xy", "b": b""}, {}) != recipe.digest({"a": b"x", "b": b"y"}, {})


def test_a_context_is_the_same_whenever_it_is_made() -> None:
    files = {"b": b"2", "a": b"#!/bin/sh\n"}
    assert recipe.to_context(files).read() == recipe.to_context(files).read()


def test_a_script_in_a_context_stays_executable() -> None:
    context = recipe.to_context({"run": b"#!/bin/sh\n", "data": b"1"})
    with tarfile.open(fileobj=context) as archive:
        modes = {member.name: member.mode for member in archive.getmembers()}
    assert modes == {"run": 0o755, "data": 0o644}
