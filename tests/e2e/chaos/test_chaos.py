"""A few faults, one round each; `scripts/chaos` plays them all, as often as one likes."""

from pathlib import Path

import msgspec
import pytest

from tests.e2e.chaos.__main__ import parse_options, run

pytestmark = pytest.mark.e2e

FAULTS = ["worker-kill", "database-kill", "gateway-cut"]

# An answer that meets a message of its contact inside the library may take a used key
# (docs/reliability.md): counted by every run, and no reason for this test to fail now and then.
OF_THE_LIBRARY = {"arrival-unreadable"}


def test_nothing_is_lost_or_doubled_when_a_part_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "chaos.json"
    chosen = [word for name in FAULTS for word in ("--fault", name)]
    outcome = run(parse_options(["--rounds", "1", "--json", str(file), *chosen]))
    assert outcome in {0, 1}, capsys.readouterr()
    rounds = msgspec.json.decode(file.read_bytes())["rounds"]
    assert sorted(each["fault"] for each in rounds) == sorted(FAULTS)
    for each in rounds:
        figures = each["verdict"]["figures"]
        found = [v for v in each["verdict"]["violations"] if v["rule"] not in OF_THE_LIBRARY]
        assert found == []
        assert figures["logged"] >= figures["sent"] - figures["unclear"] > 0
