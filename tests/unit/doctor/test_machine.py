"""What the doctor says of the machine, by what the kernel and the settings tell."""

import os
from pathlib import Path

import pytest

from attack.doctor import machine
from attack.doctor.findings import State, choose_exit, down, ok, to_text, unknown, warning
from launcher import ports

CONTROL_PLANE = {"uid": "0", "capabilities": "ff", "no_new_privileges": "0", "mounts": "mnt:[1]"}
PORTAL = {
    "uid": "60733",
    "capabilities": "0000000000000000",
    "no_new_privileges": "1",
    "mounts": "mnt:[2]",
}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, State.OK),
        ({"capabilities": "400"}, State.OK),
        ({"uid": "0"}, State.DOWN),
        ({"capabilities": "2"}, State.DOWN),
        ({"no_new_privileges": "0"}, State.WARNING),
    ],
    ids=["its own", "a port below 1024", "root", "a capability", "new privileges"],
)
def test_who_the_portal_is(change: dict[str, str], state: State) -> None:
    assert machine.judge_user(PORTAL | change, beside=CONTROL_PLANE, advice="").state is state


def test_a_plain_users_portal_is_told_of_and_a_container_of_the_same_number_is_not() -> None:
    plain = CONTROL_PLANE | {"uid": "1000"}
    same = PORTAL | {"uid": "1000", "mounts": "mnt:[1]"}
    assert machine.judge_user(same, beside=plain, advice="").state is State.WARNING
    composed = same | {"mounts": "mnt:[3]"}
    assert machine.judge_user(composed, beside=plain, advice="").state is State.OK


def test_a_process_is_read_as_the_kernel_shows_it() -> None:
    seen = machine.read_process(os.getpid())
    assert seen["uid"] == str(os.geteuid())
    assert int(seen["files"]) > 0


@pytest.mark.parametrize(
    ("dashboard", "portal", "state"),
    [
        ("", "http://127.0.0.1:8080", State.OK),
        ("https://ops.shop.test", "https://shop.test", State.OK),
        ("https://shop.test", "https://shop.test:8443", State.DOWN),
        ("", "http://shop.test", State.DOWN),
        ("http://10.0.0.5:8000", "https://shop.test", State.DOWN),
    ],
)
def test_hosts(dashboard: str, portal: str, state: State) -> None:
    assert machine.judge_hosts(dashboard=dashboard, portal=portal).state is state


def test_a_clock_that_nobody_keeps_is_told_of() -> None:
    assert machine.judge_clock(0).state is State.OK
    assert machine.judge_clock(machine.UNSYNCHRONISED).state is State.WARNING
    assert machine.judge_clock(None).state is State.UNKNOWN


def test_addresses_are_read_as_the_kernel_writes_them() -> None:
    assert ports._to_address("0100007F:1F40") == ("127.0.0.1", 8000)
    assert ports._to_address("00000000000000000000000000000000:0050") == ("0.0.0.0", 80)  # noqa: S104


def test_the_exit_code_says_the_worst() -> None:
    fine, better = ok("a", "is"), warning("b", "is", "do")
    assert choose_exit([fine, better]) == 0
    assert choose_exit([fine, unknown("c", "is")]) == 2
    assert choose_exit([unknown("c", "is"), down("d", "is", "do"), better]) == 1


def test_each_line_says_what_it_means_and_what_to_do() -> None:
    said = to_text([down("files", "admin.key is 644", "close it"), ok("disk", "much")])
    assert said.splitlines() == [
        "down     files: admin.key is 644",
        "         → close it",
        "ok       disk: much",
        "1 ok, 0 warning, 1 down, 0 unknown",
    ]


def test_where_nothing_runs_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from attack.doctor.__main__ import main

    environ = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    assert main(["--state-dir", str(tmp_path)], environ) == 1
    said = capsys.readouterr().out
    assert "down     platform: no platform runs in" in said
    assert "unknown  engine: none answers" in said
