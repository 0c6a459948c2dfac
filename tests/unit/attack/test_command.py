"""The command: what it attacks, and what it says of itself without a platform."""

import re
from pathlib import Path

import pytest

from attack import command
from attack.catalogue import GROUPS, choose
from attack.report.facts import PACKAGE, hash_suite

ROOT = PACKAGE.parent
CHECKS = [check for group in GROUPS for check in group.checks]


def test_every_check_has_a_name_of_its_own():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+\.[a-z_-]+", name) for name in names), names


@pytest.mark.parametrize("check", CHECKS, ids=[check.name for check in CHECKS])
def test_a_check_says_what_it_attacks_and_what_holds_it(check):
    assert len(check.expects) > 15
    places = re.findall(r"[a-z_]+/[a-z_./]+", check.fence)
    for place in places:
        assert (ROOT / place).exists(), f"{check.fence}: {place} is not there"


def test_patterns_choose_checks_and_leave_out_empty_groups():
    chosen = [check.name for group in choose(["sql.*", "worker.tokens"]) for check in group.checks]
    assert "worker.tokens" in chosen
    assert all(name.startswith("sql.") or name == "worker.tokens" for name in chosen)
    assert choose([]) == GROUPS
    assert choose(["nothing.*"]) == []


def test_the_list_names_every_check(capsys):
    assert command.main(["--list"]) == 0
    printed = capsys.readouterr().out
    assert all(check.name in printed for check in CHECKS)


def test_without_a_platform_nothing_was_tried(tmp_path: Path, capsys):
    assert command.main(["--state-dir", str(tmp_path)]) == 2
    assert "no platform runs" in capsys.readouterr().err


def test_the_same_attack_has_the_same_hash():
    assert hash_suite() == hash_suite()
    assert len(hash_suite()) == 64
