"""The locks install from any mirror, and what is tested is what runs."""

import re
from pathlib import Path

import pytest

from launcher.paths import ROOT

LOCKS = ["dev", "platform", "worker", "controlplane", "portal"]
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;]+)(?P<when>[^\\]*)\\?$", re.MULTILINE)


def text_of(lock: str) -> str:
    return Path(ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")


def pins(lock: str) -> set[str]:
    return {f"{m['name']}=={m['version']}" for m in PIN.finditer(text_of(lock))}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_no_index(lock: str) -> None:
    assert "://" not in text_of(lock)
    assert [line for line in text_of(lock).splitlines() if line.startswith("-")] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    blocks = re.split(r"\n(?=\S)", text_of(lock).strip())
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", ["platform", "worker", "controlplane", "portal"])
def test_what_runs_has_the_versions_that_are_tested(lock: str) -> None:
    assert pins(lock)
    assert pins(lock) <= pins("dev")


def test_the_workers_lock_brings_no_way_to_a_database() -> None:
    names = {pin.split("==")[0] for pin in pins("worker")}
    assert names.isdisjoint({"asyncpg", "piccolo", "litestar", "docker"})
