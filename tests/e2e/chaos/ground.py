"""The platform that is struck: brought up for it alone, asked for evidence, purged."""

import random
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import msgspec
from docker.errors import APIError, NotFound

from launcher import processes, records
from launcher.paths import ROOT, Paths
from tests.e2e.chaos import disks
from tests.e2e.chaos.evidence import Entry, Outbound, Queued, Row, Sent, Tenant
from tests.e2e.chaos.traffic import Customer, Phones
from tests.e2e.platform.running import Platform, free_ports, wait_for
from tests.fakes import small_disk

TENANTS = 3  # one of them with a small disk
CUSTOMERS = 4  # of each tenant
# A worker that ended a few times is started again tens of seconds later: longer is nothing.
PATIENCE = 60.0
LONGEST_QUIET = 240.0
POLL = 0.5
# Several suites on one machine look for free ports at the same moment.
PORT_CHOICE = 400
# What faults kill and start again.
STARTED = ("postgres", "controlplane", "sandbox")
SPARE_PORTS = 2  # a second control plane's


class Ground:
    """`instance` names its containers, its bridge and all else that may be struck."""

    def __init__(self, state_dir: Path) -> None:
        self.platform = Platform(state_dir)
        needed = len(self.platform.ports)
        chosen = random.sample(free_ports(PORT_CHOICE), needed + SPARE_PORTS)
        self.platform.ports, self.spare_ports = chosen[:needed], chosen[needed:]
        self.platform.api_url = f"http://127.0.0.1:{self.platform.ports[0]}"
        self.platform.sandbox_url = f"http://127.0.0.1:{self.platform.ports[2]}"
        self.platform.sandbox = httpx.Client(
            base_url=self.platform.sandbox_url,
            timeout=60,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
        )
        self.paths = Paths(root=ROOT, state=state_dir)
        self.tenants: dict[str, dict[str, Any]] = {}
        self.customers: list[Customer] = []
        self.small_disk: Path | None = None
        self.tenant_with_small_disk = ""
        self.usual_image = ""
        self.clock_file = state_dir / "clock-skew"
        self._pool = ThreadPoolExecutor(TENANTS)

    def open(self, *, with_small_disk: bool) -> None:
        self.bring_up()
        made = [self.platform.new_tenant(f"Chaos {n}") for n in range(1, TENANTS + 1)]
        if with_small_disk:
            self.tenant_with_small_disk = made[-1]["id"]
            self.small_disk = disks.give_small_disk(
                self.platform.engine,
                self.tenant_with_small_disk,
                instance=self.platform.instance,
            )
        made = list(self._pool.map(self.platform.link_tenant, made))
        self.tenants = {tenant["id"]: tenant for tenant in made}
        self.customers = [
            Customer(
                number=self.platform.new_customer(),
                tenant_id=tenant["id"],
                tenant_phone=tenant["phone_number"],
            )
            for tenant in made
            for _ in range(CUSTOMERS)
        ]
        self.phones = Phones(self.platform.sandbox, self.customers)

    def close(self, *, keep_logs: Path | None = None) -> None:
        """Purges. Raises when something of it is left."""
        if self.tenants:
            self.phones.close()
        self._pool.shutdown()
        if self.small_disk is not None:
            small_disk.unmount(self.small_disk)
        if keep_logs is not None and self.paths.logs.exists():
            shutil.copytree(self.paths.logs, keep_logs, dirs_exist_ok=True)
        found = [records.find_alive(self.paths.records, name) for name in STARTED]
        done = self.platform.script("down", "--purge")
        for record in found:
            if record is not None:  # some are children of this process, which must see them off
                processes.is_gone(record)
        self.platform.close()
        if done.returncode != 0:
            raise RuntimeError(f"the platform was not purged: {done.stdout}{done.stderr}")

    def bring_up(self) -> None:
        """As a person would: whatever is down is up again when it returns.

        Without a supervisor, which would end a fault before its time.
        """
        done = self.platform.up("--no-demo", "--no-supervisor")
        if done.returncode != 0:
            raise RuntimeError(f"scripts/up failed: {done.stdout}{done.stderr}")

    def find_container(self, tenant_id: str) -> str:
        """The id of the tenant's running worker. Raises LookupError."""
        for container in self.platform.containers():
            if container["Labels"]["flowhq.tenant"] == tenant_id and container["State"] in {
                "running",
                "paused",
            }:
                return str(container["Id"])
        raise LookupError(f"no worker of {tenant_id} runs")

    def await_health(self, label: str) -> None:
        """Every tenant logs and answers a message: the round begins on sound ground."""
        list(self._pool.map(lambda tenant: self._probe(tenant, label), self.tenants))

    def list_rested(self) -> list[str]:
        """Tenants whose worker did not end in an earlier round, since it was last asked for."""
        seen = self.platform.tenants()
        return sorted(each["id"] for each in seen if each["worker"]["restarts"] == 0)

    def forget_crashes(self, tenant_ids: Iterable[str]) -> None:
        """A worker that ended in an earlier round is asked for anew: else what is measured is
        the growing wait between the restarts of a worker that keeps crashing.
        """
        list(self._pool.map(self.renew, set(tenant_ids) - set(self.list_rested())))

    def renew(self, tenant_id: str) -> None:
        """A new container on the same volume, connected when this returns."""
        before = self.find_container(tenant_id)
        self.platform.call("POST", f"/admin/tenants/{tenant_id}/worker/restart")
        wait_for(lambda: self._is_replaced(tenant_id, before), "a fresh worker")
        self.platform.wait_connected(tenant_id)

    def skew_clock(self, seconds: int) -> None:
        """The control plane's; it reads the file at any moment, so never half of it."""
        draft = self.clock_file.with_suffix(".new")
        draft.write_text(str(seconds))
        draft.replace(self.clock_file)

    def await_quiet(
        self, sent: list[Sent], queued: list[Queued], *, since: str, turned_back: int = 0
    ) -> bool:
        """Waits until each message is logged and answered, or the worker says why not, and each
        queued one has ended.

        False when nothing new came for a long time, and that was not all.
        """
        pause, began = Event(), time.monotonic()
        state: object = None
        changed_at = began
        while time.monotonic() - began < LONGEST_QUIET:
            try:
                tenants = self.collect(since=since, turned_back=turned_back)
                missing = _list_missing(sent, queued, tenants, self.phones)
            except (httpx.HTTPError, OSError, APIError, LookupError, sqlite3.Error) as error:
                missing, tenants = [str(error)], []
            if not missing:
                return True
            now = (len(missing), [len(tenant.rows) for tenant in tenants])
            if now != state:
                state, changed_at = now, time.monotonic()
            elif time.monotonic() - changed_at > PATIENCE:
                return False
            pause.wait(POLL)
        return False

    def collect(self, *, since: str, turned_back: int = 0) -> list[Tenant]:
        """turned_back: seconds by which a clock was, so that rows may be older than `since`."""
        oldest = datetime.fromisoformat(since) - timedelta(seconds=turned_back)
        return list(self._pool.map(lambda each: self._collect(each, since, oldest), self.tenants))

    def now(self) -> str:
        """PostgreSQL's clock is this machine's."""
        return datetime.now(UTC).isoformat()  # noqa: TID251

    def _collect(self, tenant_id: str, since: str, oldest: datetime) -> Tenant:
        rows = self._list_rows(tenant_id, since)
        entries, outbox = self._read_store(tenant_id)
        asked = {row.wa_message_id for row in rows if row.direction == "IN"}
        return Tenant(
            id=tenant_id,
            phone_number=self.tenants[tenant_id]["phone_number"],
            customers=[each.number for each in self.customers if each.tenant_id == tenant_id],
            rows=rows,
            entries=[entry for entry in entries if entry.wa_message_id in asked],
            outbound=self._list_outbound(tenant_id, oldest),
            outbox=outbox,
        )

    def _list_rows(self, tenant_id: str, since: str) -> list[Row]:
        items: list[Row] = []
        query = {"limit": "500", "since": since}
        while True:
            page = self.platform.call("GET", f"/admin/tenants/{tenant_id}/logs", params=query)
            items += msgspec.convert(page["items"], list[Row])
            if page.get("next_cursor") is None:
                return items[::-1]
            query["cursor"] = page["next_cursor"]

    def _list_outbound(self, tenant_id: str, oldest: datetime) -> list[Outbound]:
        """Newest first, down to what was queued before `oldest`."""
        items: list[dict[str, Any]] = []
        query = {"limit": "300"}
        while True:
            page = self.platform.call("GET", f"/admin/tenants/{tenant_id}/messages", params=query)
            items += page["items"]
            is_all = page.get("next_cursor") is None
            if is_all or datetime.fromisoformat(items[-1]["created_at"]) < oldest:
                return msgspec.convert(items, list[Outbound])
            query["cursor"] = page["next_cursor"]

    def _read_store(self, tenant_id: str) -> tuple[list[Entry], int]:
        """The worker's own database, copied out through the engine."""
        container = self.find_container(tenant_id)
        with tempfile.TemporaryDirectory() as directory:
            for name in ("worker.db", "worker.db-wal"):
                self._copy_out(container, f"/data/{name}", Path(directory))
            database = sqlite3.connect(Path(directory) / "worker.db")
            try:
                found = database.execute(
                    "SELECT wa_message_id, state, note FROM inbox WHERE state != 'ANSWERED'"
                ).fetchall()
                outbox = database.execute("SELECT count(*) FROM events").fetchone()[0]
            finally:
                database.close()
        return [Entry(wa_message_id=i, state=s, note=n) for i, s, n in found], int(outbox)

    def _copy_out(self, container: str, path: str, to: Path) -> None:
        try:
            chunks, _ = self.platform.engine.get_archive(container, path)
        except NotFound:
            return  # a worker that ended well leaves no write-ahead log
        with tarfile.open(fileobj=BytesIO(b"".join(chunks))) as archive:
            archive.extractall(to, filter="data")

    def _probe(self, tenant_id: str, label: str) -> None:
        customer = next(each for each in self.customers if each.tenant_id == tenant_id)
        tenant = self.tenants[tenant_id]
        since = self.now()
        asked = wait_for(
            lambda: self.platform.write(customer.number, tenant, f"probe {label}"), "a message"
        )
        # Seen on the phone too: what comes there late would count as an answer of the round.
        wait_for(
            lambda: self._has_arrived(tenant_id, since, asked),
            f"an answer to the probe of {label}",
            patience=2 * PATIENCE,
        )

    def _has_arrived(self, tenant_id: str, since: str, asked: str) -> bool:
        rows = self._list_rows(tenant_id, since)
        answers = {row.wa_message_id for row in rows if row.in_reply_to == asked}
        seen = {item.id for item in self.phones.received_after(0)}
        return bool(answers & (seen | {item.id for item in self.phones.dropped}))

    def _is_replaced(self, tenant_id: str, before: str) -> bool:
        seen = self.platform.tenant(tenant_id)["worker"]
        return seen["container_id"] not in {None, before}


def _list_missing(
    sent: list[Sent], queued: list[Queued], tenants: list[Tenant], phones: Phones
) -> list[str]:
    """What is still to come, of each message and each answer."""
    taken = {each.id for each in queued}
    missing = []
    arrived = {item.id for item in phones.received_after(0)} | {d.id for d in phones.dropped}
    for tenant in tenants:
        ids = {row.wa_message_id for row in tenant.rows if row.direction == "IN"}
        done = {row.in_reply_to for row in tenant.rows if row.direction == "OUT"}
        done |= {e.wa_message_id for e in tenant.entries if e.state in {"UNCERTAIN", "SKIPPED"}}
        expected = {s.wa_message_id for s in sent if s.tenant_id == tenant.id} - {None}
        missing += [f"row of {each}" for each in expected - ids]
        missing += [f"answer to {each}" for each in ids - done]
        answers = [row.wa_message_id for row in tenant.rows if row.direction == "OUT"]
        missing += [f"arrival of {each}" for each in answers if each not in arrived]
        missing += ["outbox"] if tenant.outbox else []
        missing += [
            f"end of {each.id}"
            for each in tenant.outbound
            if each.id in taken and each.state in {"QUEUED", "SENDING"}
        ]
    return missing
