"""One round: sound ground, traffic, one fault at a random moment, quiet, a verdict."""

import random
import time
from collections.abc import Iterable
from threading import Event

import msgspec

from tests.e2e.chaos.evidence import Evidence, Tenant
from tests.e2e.chaos.faults import Fault
from tests.e2e.chaos.ground import Ground
from tests.e2e.chaos.traffic import Writers
from tests.e2e.chaos.verdict import Verdict, judge

BEFORE = (1.0, 2.5)  # seconds of traffic before the fault
AFTER = 2.0  # and once it is over


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """lasted: how long the fault was in force, in seconds. evidence: kept of a bad round only."""

    fault: str
    number: int
    victim: str
    lasted: float
    verdict: Verdict
    evidence: Evidence | None


def play(ground: Ground, fault: Fault, *, number: int, label: str, rng: random.Random) -> Round:
    victim = rng.choice(sorted(ground.tenants))
    before, lasts = rng.uniform(*BEFORE), rng.uniform(*fault.lasts)
    for tenant_id in ground.tenants:
        ground.forget_crashes(tenant_id)
    ground.await_health(label)
    since, began = ground.now(), time.time()
    pause = Event()
    with Writers(
        ground.platform.sandbox, ground.customers, label=label, interval=fault.interval
    ) as writers:
        pause.wait(before)
        struck_at = time.time()
        with fault.strike(ground, victim):
            in_force_at = time.time()
            pause.wait(lasts)
        lasted = time.time() - struck_at
        pause.wait(AFTER)
    sent = writers.sent
    is_quiet = ground.await_quiet(sent, since=since)
    tenants, excluded = _of_round(ground.collect(since=since), label)
    evidence = Evidence(
        sent=sent,
        tenants=tenants,
        received=[i for i in ground.phones.received_after(began) if i.id not in excluded],
        dropped=ground.phones.dropped,
        victims=sorted(ground.tenants) if fault.is_felt_by_all else [victim],
        struck_at=struck_at,
        in_force_at=in_force_at,
        is_quiet=is_quiet,
    )
    verdict = judge(evidence)
    return Round(
        fault=fault.name,
        number=number,
        victim=victim,
        lasted=lasted,
        verdict=verdict,
        evidence=evidence if verdict.violations else None,
    )


def _of_round(tenants: Iterable[Tenant], label: str) -> tuple[list[Tenant], set[str]]:
    """Without the probes and whatever an earlier round left late; the ids of those answers."""
    ours = f"message {label}-"
    kept, excluded = [], set()
    for tenant in tenants:
        others = {
            row.wa_message_id
            for row in tenant.rows
            if row.direction == "IN" and not row.message_text.startswith(ours)
        }
        answers = {row.wa_message_id for row in tenant.rows if row.in_reply_to in others}
        rows = [row for row in tenant.rows if row.wa_message_id not in others | answers]
        entries = [entry for entry in tenant.entries if entry.wa_message_id not in others]
        kept.append(msgspec.structs.replace(tenant, rows=rows, entries=entries))
        excluded |= answers
    return kept, excluded
