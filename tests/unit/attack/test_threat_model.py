"""SECURITY.md names every check of the attack, and names nothing that is not there."""

import re
from fnmatch import fnmatch

import pytest

from attack.catalogue import GROUPS
from tests.conftest import ROOT

MODEL = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"`([^`\n]+)`", MODEL)
CHECKS = [check.name for group in GROUPS for check in group.checks]
GROUPS_OF_NAMES = {name.partition(".")[0] for name in CHECKS}
PATTERNS = [
    quoted
    for quoted in sorted(set(QUOTED))
    if re.fullmatch(r"[a-z]+\.[a-z_*-]+", quoted) and quoted.partition(".")[0] in GROUPS_OF_NAMES
]
PLACES = [
    quoted
    for quoted in {
        *QUOTED,
        *(
            word
            for check in GROUPS
            for c in check.checks
            for word in re.findall(r"[\w./-]+", c.fence)
        ),
    }
    if re.fullmatch(
        r"(shared|controlplane|portal|worker|launcher|attack|docs|tests)(/[\w.-]+)+/?", quoted
    )
]


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_is_named(name: str) -> None:
    assert any(fnmatch(name, pattern) for pattern in PATTERNS)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_is_named_is_a_check(pattern: str) -> None:
    assert any(fnmatch(name, pattern) for name in CHECKS)


@pytest.mark.parametrize("place", sorted(PLACES))
def test_what_holds_a_fence_is_there(place: str) -> None:
    assert (ROOT / place).exists()
