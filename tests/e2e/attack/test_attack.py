"""The whole attack, as a person runs it, on a platform that `./scripts/up` brought up.

It takes five minutes of both cores and measures neighbours, so that it runs with nothing beside it:
`./scripts/test --slow tests/e2e/attack/test_attack.py`.
"""

from pathlib import Path

import msgspec
import pytest

from attack.checks import Verdict
from attack.report.report import Report, hash_of
from tests.e2e.platform.running import Platform

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
# "Under five minutes", and this machine runs tests beside it.
LONGEST = 600.0


@pytest.fixture(scope="module")
def report(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Report:
    directory: Path = tmp_path_factory.mktemp("report")
    done = platform.attack(
        *("--json", str(directory / "report.json"), "--html", str(directory / "report.html")),
        timeout=LONGEST,
    )
    assert done.returncode in {0, 1, 2}, done.stdout + done.stderr
    read = msgspec.json.decode((directory / "report.json").read_bytes(), type=Report)
    assert done.returncode == read.exit_code
    page = (directory / "report.html").read_text(encoding="utf-8")
    assert read.sha256 in page
    return read


def test_every_fence_holds(report: Report) -> None:
    down = {check.name: check.breaches for check in report.checks if check.breaches}
    assert down == {}


def test_everything_is_tried(report: Report) -> None:
    untried = {c.name: c.saw for c in report.checks if c.verdict is Verdict.NOT_TRIED}
    assert untried == {}


def test_the_report_names_its_own_hash(report: Report) -> None:
    assert hash_of(report) == report.sha256


def test_nothing_is_left(report: Report) -> None:
    (left,) = [check for check in report.checks if check.name == "left-as-found"]
    assert left.verdict is Verdict.HELD, left.breaches
