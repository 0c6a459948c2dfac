"""What a round counts as its own, whom it strikes, and the clock that it may strike with."""

import random
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from shared.clock import SystemClock
from tests.e2e.chaos.evidence import Outbound, Row, Tenant
from tests.e2e.chaos.faults import Fault
from tests.e2e.chaos.rounds import _of_round, choose_victim
from tests.e2e.chaos.skewed import skew

CUSTOMER, PHONE = "+255711111111", "+255751111111"


class Tired:
    """A ground of three tenants, some of whose workers ended in earlier rounds."""

    def __init__(self, rested: list[str]) -> None:
        self.tenants = dict.fromkeys(["a", "b", "c"])
        self.tenant_with_small_disk = "c"
        self._rested = rested

    def list_rested(self) -> list[str]:
        return self._rested


def fault(**changes: bool) -> Fault:
    return Fault(name="f", what="", strike=lambda _ground, _tenant: nullcontext(), **changes)


@pytest.mark.parametrize(
    ("rested", "possible"),
    [
        pytest.param(["b"], {"b"}, id="one is rested"),
        pytest.param(["a", "b"], {"a", "b"}, id="two are rested"),
        pytest.param([], {"a", "b", "c"}, id="none is"),
    ],
)
def test_a_victim_is_drawn_from_those_whose_worker_did_not_end(rested, possible):
    rng = random.Random(1)  # noqa: S311  drawn the same each time
    drawn = {choose_victim(Tired(rested), fault(), rng) for _ in range(50)}
    assert drawn == possible


def test_only_the_tenant_with_the_small_disk_has_it_filled():
    rng = random.Random(1)  # noqa: S311  drawn the same each time
    chosen = choose_victim(Tired(["a"]), fault(is_of_small_disk=True), rng)
    assert chosen == "c"


def row(name: str, text: str, *, reply_to: str | None = None, out: bool = False) -> Row:
    return Row(
        direction="OUT" if out else "IN",
        from_number=PHONE if out else CUSTOMER,
        to_number=CUSTOMER if out else PHONE,
        message_text=text,
        wa_message_id=name,
        in_reply_to=reply_to,
        created_at=datetime(2026, 11, 24, tzinfo=UTC),
    )


def outbound(name: str, text: str) -> Outbound:
    return Outbound(id=name, to=CUSTOMER, text=text, state="SENT", reason=None, wa_message_id=name)


def test_what_an_earlier_round_left_late_does_not_count():
    rows = [
        row("P", "probe r-2"),
        row("PA", "Welcome", reply_to="P", out=True),
        row("M", "message r-2-0-1"),
        row("MA", "Welcome", reply_to="M", out=True),
        row("Q1", "queued r-1-0-1", out=True),
        row("Q2", "queued r-2-0-1", out=True),
    ]
    tenant = Tenant(
        id="t",
        phone_number=PHONE,
        customers=[CUSTOMER],
        rows=rows,
        entries=[],
        outbound=[outbound("Q1", "queued r-1-0-1"), outbound("Q2", "queued r-2-0-1")],
        outbox=0,
    )
    [kept], excluded = _of_round([tenant], "r-2")
    assert [each.wa_message_id for each in kept.rows] == ["M", "MA", "Q2"]
    assert [each.id for each in kept.outbound] == ["Q2"]
    assert excluded == {"PA"}


def test_a_skewed_clock_shows_what_the_file_says_beside_the_machines(tmp_path, monkeypatch):
    monkeypatch.setattr(SystemClock, "now", SystemClock.now)  # and put back afterwards
    file = tmp_path / "seconds"
    file.write_text("0")
    skew(file)
    before = SystemClock().now()
    file.write_text("-3600")
    assert before - SystemClock().now() > timedelta(minutes=59)
