"""A few faults, one round each; `scripts/chaos` plays them all, as often as one likes."""

from pathlib import Path

import msgspec
import pytest

from tests.e2e.chaos.__main__ import parse_options, run

pytestmark = pytest.mark.e2e

FAULTS = ["worker-kill", "controlplane-kill", "database-kill", "gateway-cut"]


def test_nothing_is_lost_or_doubled_when_a_part_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "chaos.json"
    chosen = [word for name in FAULTS for word in ("--fault", name)]
    outcome = run(parse_options(["--rounds", "1", "--json", str(file), *chosen]))
    assert outcome == 0, capsys.readouterr()
    rounds = msgspec.json.decode(file.read_bytes())["rounds"]
    assert sorted(each["fault"] for each in rounds) == sorted(FAULTS)
    for each in rounds:
        figures = each["verdict"]["figures"]
        assert figures["logged"] >= figures["sent"] - figures["unclear"] > 0
