"""Proves isolation on a running platform, from evidence nobody wrote on purpose.

N tenants are created and linked, and customers write M messages to each, all at once, every
message carrying a random canary. Then the engine, the message logs (read through the API),
the log files and the customers' own phones are asked who has seen which canary.

    .venv/bin/python scripts/stress_test.py --tenants 5 --messages 40 --json result.json

Exit 0: isolated and complete. Exit 1: violations, listed. Exit 2: could not be measured.
`--keep` leaves the tenants; `--verify result.json` collects the evidence of a kept run again.
"""

import argparse
import asyncio
import secrets
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx
import msgspec

from attack.stress.platform import POLL, MeasurementError, Platform, json_of, open_platform
from attack.stress.verdict import Evidence, Sent, Violation, judge

DESCRIPTION = "Proves isolation on a running platform, from evidence nobody wrote on purpose."
# The evidence is complete, or nothing new has come for this long and never will.
QUIET_TIMEOUT = 30.0


async def run_traffic(
    platform: Platform, *, tenants: int, messages: int, customers: int
) -> tuple[list[Sent], dict[str, float]]:
    """Links the tenants, then lets every customer write at once; waits for the answers."""
    run = secrets.token_hex(3)
    began = time.monotonic()
    linked = await asyncio.gather(*(platform.link(f"Stress {run}-{n}") for n in range(tenants)))
    ready = time.monotonic()
    senders = await asyncio.gather(
        *(
            json_of(platform.sandbox.post("/customers", json={"name": f"Customer {n}"}))
            for n in range(tenants * customers)
        )
    )
    # The j-th message to every tenant goes out together: tenants interleave, as do customers.
    sent = await asyncio.gather(
        *(
            platform.write(
                tenant=tenant,
                customer=senders[index * customers + number % customers]["phone_number"],
            )
            for number in range(messages)
            for index, tenant in enumerate(linked)
        )
    )
    written = time.monotonic()
    await settle(platform, sent)
    times = {"link": ready - began, "write": written - ready, "answer": time.monotonic() - written}
    return sent, times


async def settle(platform: Platform, sent: list[Sent]) -> None:
    """Waits until every message has its answer's row, or until nothing new has come for a while.

    A tenant may have rows of before: how many there are says nothing.
    """
    wanted = {(each.tenant_id, each.wa_message_id) for each in sent}
    tenants = sorted({each.tenant_id for each in sent})
    count, changed_at = -1, time.monotonic()
    while time.monotonic() - changed_at < QUIET_TIMEOUT:
        rows = await asyncio.gather(*(platform.rows(tenant) for tenant in tenants))
        answered = {
            (tenant, row.in_reply_to)
            for tenant, own in zip(tenants, rows, strict=True)
            for row in own
            if row.direction == "OUT"
        }
        if wanted <= answered:
            return
        now = sum(len(own) for own in rows)
        if now != count:
            count, changed_at = now, time.monotonic()
        await asyncio.sleep(POLL)


# --- for a person ---------------------------------------------------------------------------


def render_table(evidence: Evidence, violations: list[Violation]) -> str:
    sent = Counter(message.tenant_id for message in evidence.sent)
    bad = Counter(violation.tenant_id for violation in violations)
    running = {c.tenant_id: c for c in evidence.containers if c.state == "running"}
    lines = [
        f"{'tenant':<22} {'container':<13} {'volume':<24} {'sent':>5} {'in':>5} {'out':>5}  verdict"
    ]
    for tenant in (tenant for tenant in evidence.tenants if tenant.id in sent):
        container = running.get(tenant.id)
        directions = Counter(row.direction for row in tenant.rows)
        lines.append(
            f"{tenant.name[:22]:<22} {container.id[:12] if container else '-':<13} "
            f"{'…' + container.volumes[0][-22:] if container and container.volumes else '-':<24} "
            f"{sent[tenant.id]:>5} {directions['IN']:>5} {directions['OUT']:>5}  "
            f"{f'{bad[tenant.id]} VIOLATIONS' if bad[tenant.id] else 'isolated'}"
        )
    lines += [f"  {v.rule}: tenant {v.tenant_id}: {v.detail}" for v in violations]
    return "\n".join(lines)


async def stress(options: argparse.Namespace) -> int:
    platform = open_platform(
        api=options.api,
        sandbox=options.sandbox,
        state_dir=options.state_dir,
        docker_host=options.docker_host,
    )
    times: dict[str, float] = {}
    if options.verify:
        earlier = msgspec.json.decode(options.verify.read_bytes())
        sent = msgspec.convert(earlier["evidence"]["sent"], list[Sent])
    else:
        sent, times = await run_traffic(
            platform,
            tenants=options.tenants,
            messages=options.messages,
            customers=options.customers,
        )
    evidence = await platform.collect(sent)
    violations = judge(evidence)
    print(render_table(evidence, violations))
    print("  ".join(f"{name} {seconds:.1f} s" for name, seconds in times.items()))
    print(f"{len(sent)} messages, {len(violations)} violations")
    if options.json:
        result = {"violations": violations, "seconds": times, "evidence": evidence}
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))
    if not options.keep:
        await asyncio.gather(*(platform.remove(t) for t in {message.tenant_id for message in sent}))
    return 1 if violations else 0


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=DESCRIPTION,
        epilog="With --attack it attacks the platform instead: --attack --help shows that.",
    )
    parser.add_argument("--tenants", type=int, default=3)
    parser.add_argument("--messages", type=int, default=20, help="to each tenant")
    parser.add_argument("--customers", type=int, default=4, help="of each tenant")
    parser.add_argument("--json", type=Path, help="write the evidence and the verdict here")
    parser.add_argument("--keep", action="store_true", help="leave the tenants running")
    parser.add_argument("--verify", type=Path, help="judge a kept run again, no new traffic")
    parser.add_argument("--api", default="http://127.0.0.1:8000")
    parser.add_argument("--sandbox", default="http://127.0.0.1:8070")
    parser.add_argument("--state-dir", type=Path, default=Path(".flowhq"))
    parser.add_argument("--docker-host", default="unix:///var/run/docker.sock")
    options = parser.parse_args(arguments)
    for name in ("tenants", "messages", "customers"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return options


def main(arguments: Sequence[str]) -> int:
    options = parse_options(arguments)
    try:
        return asyncio.run(stress(options))
    except (MeasurementError, httpx.HTTPError, OSError) as error:
        print(f"could not be measured: {error}", file=sys.stderr)
        return 2
