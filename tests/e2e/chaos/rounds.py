"""One round: sound ground, traffic, one fault at a random moment, quiet, a verdict."""

import random
import time
from collections.abc import Iterable
from threading import Event

import msgspec

from tests.e2e.chaos.evidence import Evidence, Tenant
from tests.e2e.chaos.faults import Fault
from tests.e2e.chaos.ground import Ground
from tests.e2e.chaos.traffic import Programs, Writers
from tests.e2e.chaos.verdict import Verdict, judge

BEFORE = (0.5, 2.0)  # seconds of traffic before the fault
AFTER = 1.5  # and once it is over


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """lasted: how long the fault was in force, in seconds. took: what the round's parts took.
    evidence: kept of a bad round only.
    """

    fault: str
    number: int
    victim: str
    lasted: float
    took: dict[str, float]
    verdict: Verdict
    evidence: Evidence | None


def play(ground: Ground, fault: Fault, *, number: int, label: str, rng: random.Random) -> Round:
    watch = _Watch()
    victim = choose_victim(ground, fault, rng)
    before, lasts = rng.uniform(*BEFORE), rng.uniform(*fault.lasts)
    if fault.ends_worker:
        ground.forget_crashes([victim])
    watch.lap("renewal")
    fault.prepare(ground, victim)
    watch.lap("preparation")
    ground.await_health(label)
    watch.lap("health")
    since, began = ground.now(), time.time()  # noqa: TID251  the platform's clock is real
    pause = Event()
    with (
        Writers(
            ground.platform.sandbox, ground.customers, label=label, interval=fault.interval
        ) as writers,
        Programs(ground.platform.call, ground.customers, label=label) as programs,
    ):
        pause.wait(before)
        struck_at = time.time()  # noqa: TID251  the platform's clock is real
        with fault.strike(ground, victim):
            in_force_at = time.time()  # noqa: TID251  the platform's clock is real
            pause.wait(lasts)
        lasted = time.time() - struck_at  # noqa: TID251  the platform's clock is real
        pause.wait(AFTER)
    watch.lap("traffic")
    sent, queued = writers.sent, programs.queued
    is_quiet = ground.await_quiet(sent, queued, since=since, turned_back=fault.turns_back)
    watch.lap("quiet")
    tenants, excluded = _of_round(ground.collect(since=since, turned_back=fault.turns_back), label)
    evidence = Evidence(
        sent=sent,
        queued=queued,
        tenants=tenants,
        received=[
            item
            for item in ground.phones.received_after(began)
            if item.id not in excluded and _is_of_round(item.text, label)
        ],
        dropped=ground.phones.dropped,
        victims=sorted(ground.tenants) if fault.is_felt_by_all else [victim],
        struck_at=struck_at,
        in_force_at=in_force_at,
        is_quiet=is_quiet,
    )
    fault.clear_up(ground)
    watch.lap("clearing up")
    verdict = judge(evidence)
    return Round(
        fault=fault.name,
        number=number,
        victim=victim,
        lasted=lasted,
        took=watch.laps,
        verdict=verdict,
        evidence=evidence if verdict.violations else None,
    )


def choose_victim(ground: Ground, fault: Fault, rng: random.Random) -> str:
    """One whose worker has run since it was asked for, where there is one: nothing is to be
    waited for then before the round.
    """
    if fault.is_of_small_disk:
        return ground.tenant_with_small_disk
    return rng.choice(ground.list_rested() or sorted(ground.tenants))


class _Watch:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._at = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name], self._at = round(now - self._at, 2), now


def _of_round(tenants: Iterable[Tenant], label: str) -> tuple[list[Tenant], set[str]]:
    """Without the probes and whatever an earlier round left late; the ids of those answers."""
    kept, excluded = [], set()
    for tenant in tenants:
        others = {
            row.wa_message_id
            for row in tenant.rows
            if row.direction == "IN" and not row.message_text.startswith(f"message {label}-")
        }
        answers = {row.wa_message_id for row in tenant.rows if row.in_reply_to in others}
        rows = [
            row
            for row in tenant.rows
            if row.wa_message_id not in others | answers and _is_of_round(row.message_text, label)
        ]
        entries = [entry for entry in tenant.entries if entry.wa_message_id not in others]
        outbound = [each for each in tenant.outbound if _is_of_round(each.text, label)]
        kept.append(msgspec.structs.replace(tenant, rows=rows, entries=entries, outbound=outbound))
        excluded |= answers
    return kept, excluded


def _is_of_round(text: str, label: str) -> bool:
    """False for what a program queued in an earlier one."""
    return not text.startswith("queued ") or text.startswith(f"queued {label}-")
