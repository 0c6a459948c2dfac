"""The admin API over the real stores and a real PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from controlplane.api.app import create_api
from controlplane.media.fetching import Fetching
from controlplane.media.files import MediaFiles
from controlplane.media.remote import OpenUrl, refuse_url
from controlplane.media.space import Limits
from controlplane.reconcile.alarm_watch import list_alarms
from controlplane.services.request_rate import RequestRate
from controlplane.services.worker_logs import WorkerLogs
from shared.db.engine import Database, check_database
from shared.ids import TenantId
from shared.stores import api_keys, tenants
from shared.structs.tenants import TenantConfig
from shared.tables import ALL_TABLES, Tenant
from shared.tasks import TaskGroup
from shared.web.passwords import Passwords
from shared.wire.frames import Command
from tests.fakes.businesses import business
from tests.fakes.clocks import ManualClock
from tests.fakes.containers import FakeDriver, FakeEngine
from tests.fakes.file_worker import FileWorker
from tests.integration.portal.conftest import QUICK


@dataclass
class Api:
    """client: has the admin key. woken, dropped: the tenants that the reconciler and
    the gateway were told of. commands: what the workers that are connected were told.
    dispatched: the tenants for which something was queued or taken back. configured: what
    workers were told of their configuration. workers: those that are connected and may be asked
    for files. engine, driver: where workers' containers are.
    """

    client: httpx.AsyncClient
    key: str
    clock: ManualClock
    woken: list[TenantId]
    dropped: list[TenantId]
    commands: dict[TenantId, list[Command]]
    dispatched: list[TenantId]
    configured: list[tuple[TenantId, TenantConfig]]
    workers: dict[TenantId, FileWorker]
    files: MediaFiles
    fetching: Fetching
    urls: "Urls"
    engine: FakeEngine
    driver: FakeDriver
    checks: dict[str, Any] = field(default_factory=dict)

    async def counts(self) -> dict[str, int]:
        """How many rows every table holds."""
        names = {table.__name__: table._meta.tablename for table in ALL_TABLES}
        each = [f"SELECT '{name}' AS name, count(*) FROM {of}" for name, of in names.items()]  # noqa: S608
        return {row["name"]: row["count"] for row in await Tenant.raw(" UNION ALL ".join(each))}


class Urls:
    """The internet. open: how a URL is read; switched off until a test switches it on."""

    def __init__(self) -> None:
        self.open: OpenUrl = refuse_url

    def __call__(self, url: str) -> Any:
        return self.open(url)


_standing: list[Litestar] = []


def serve(**held: Any) -> Litestar:
    """One application for all tests: putting it together takes much longer than most of them."""
    if not _standing:
        _standing.append(create_api(**held))
    _standing[0].state.update(held)
    return _standing[0]


@pytest.fixture
async def api(
    database: Database,  # noqa: ARG001  the stores are bound to it
    tmp_path: Path,
) -> AsyncIterator[Api]:
    clock, woken, dropped, checks = ManualClock(), [], [], {"database": check_database}
    _, key = await api_keys.create("admin", scopes=["admin"])
    commands: dict[TenantId, list[Command]] = {}
    dispatched: list[TenantId] = []

    async def instruct(tenant_id: TenantId, command: Command) -> bool:
        commands.get(tenant_id, []).append(command)
        return tenant_id in commands

    configured: list[tuple[TenantId, TenantConfig]] = []

    async def configure(tenant_id: TenantId, config: TenantConfig) -> bool:
        configured.append((tenant_id, config))
        return True

    engine = FakeEngine()
    driver = FakeDriver(engine, instance="here")
    files = MediaFiles(tmp_path / "media", Limits(), clock=clock)
    await files.open()
    workers: dict[TenantId, FileWorker] = {}
    transfers = TaskGroup()
    urls = Urls()
    fetching = Fetching(files, workers.get, transfers)
    app = serve(
        wake=woken.append,
        disconnect=dropped.append,
        instruct=instruct,
        configure=configure,
        dispatch=dispatched.append,
        alarms=list_alarms,
        worker_logs=WorkerLogs(driver, quiet=timedelta(milliseconds=50)),
        checks=checks,
        clock=clock,
        passwords=Passwords(QUICK),
        files=files,
        fetching=fetching,
        open_url=urls,
        request_rate=RequestRate(),
    )
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 4711))
    async with (
        transfers,
        httpx.AsyncClient(
            transport=transport,
            base_url="http://api.test",
            headers={"authorization": f"Bearer {key}"},
        ) as client,
    ):
        yield Api(
            client=client,
            key=key,
            clock=clock,
            woken=woken,
            dropped=dropped,
            commands=commands,
            dispatched=dispatched,
            configured=configured,
            workers=workers,
            files=files,
            fetching=fetching,
            urls=urls,
            engine=engine,
            driver=driver,
            checks=checks,
        )


@pytest.fixture
async def tenant_id(api: Api) -> TenantId:  # noqa: ARG001  the stores are bound
    return TenantId((await tenants.create(business())).id)
