"""The dashboard's pages over the real stores and a real PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from controlplane.dashboard.desk import Desk
from controlplane.dashboard.site import create_dashboard
from controlplane.reconcile.alarm_watch import list_alarms
from controlplane.services.request_rate import RequestRate
from controlplane.services.worker_logs import WorkerLogs
from shared.db.engine import Database
from shared.ids import TenantId
from shared.stores import operators, tenants
from shared.structs.tenants import TenantConfig
from shared.web import live
from shared.web.changes import Changes
from shared.web.passwords import Passwords
from shared.wire.frames import Command
from tests.fakes.businesses import business
from tests.fakes.clocks import ManualClock
from tests.fakes.containers import FakeDriver, FakeEngine
from tests.fakes.pages import Browser, looking_once
from tests.integration.portal.conftest import PASSWORD, QUICK

EMAIL = "amina@example.com"
ADDRESS = "192.0.2.7"


@dataclass
class Dashboard:
    """woken, dropped, commands, configured, engine, driver: as of the API's tests."""

    transport: httpx.ASGITransport
    clock: ManualClock
    passwords: Passwords
    woken: list[TenantId] = field(default_factory=list)
    dropped: list[TenantId] = field(default_factory=list)
    commands: dict[TenantId, list[Command]] = field(default_factory=dict)
    configured: list[tuple[TenantId, TenantConfig]] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    engine: FakeEngine = field(default_factory=FakeEngine)

    @property
    def driver(self) -> FakeDriver:
        return FakeDriver(self.engine, instance="here")

    async def instruct(self, tenant_id: TenantId, command: Command) -> bool:
        self.commands.get(tenant_id, []).append(command)
        return tenant_id in self.commands

    async def configure(self, tenant_id: TenantId, config: TenantConfig) -> bool:
        self.configured.append((tenant_id, config))
        return True

    def stranger(self, address: str = ADDRESS) -> Browser:
        """address: of the machine that the browser runs on."""
        transport = httpx.ASGITransport(
            self.transport.app, client=(address, 4711), raise_app_exceptions=False
        )
        return Browser(transport, door="/dashboard/account")

    async def sign_in(
        self, email: str = EMAIL, password: str = PASSWORD, address: str = ADDRESS
    ) -> Browser:
        browser = self.stranger(address)
        await browser.go("/dashboard/sign-in")
        await browser.send("/dashboard/sign-in", email=email, password=password)
        return browser


def _held(opened: Dashboard) -> dict[str, Any]:
    """What it asks of the rest of the control plane is written into `opened`."""
    desk = Desk(
        secret="of the tests", is_secure=False, clock=opened.clock, passwords=opened.passwords
    )
    return {
        "desk": desk,
        "wake": opened.woken.append,
        "disconnect": opened.dropped.append,
        "instruct": opened.instruct,
        "configure": opened.configure,
        "alarms": list_alarms,
        "worker_logs": WorkerLogs(opened.driver, quiet=timedelta(milliseconds=50)),
        "changes": opened.changes,
        "request_rate": RequestRate(),
    }


_standing: list[Litestar] = []


def serve(opened: Dashboard) -> Litestar:
    """One site for all tests: putting it together takes much longer than most of them."""
    if not _standing:
        _standing.append(create_dashboard(**_held(opened)))
    parts = {"clock": opened.clock, "passwords": opened.passwords}
    _standing[0].state.update(_held(opened) | parts)
    return _standing[0]


@pytest.fixture
async def dashboard(
    database: Database,  # noqa: ARG001  the stores are bound to it
    blockbuster,
) -> AsyncIterator[Dashboard]:
    """With one operator."""
    passwords = Passwords(QUICK)
    opened = Dashboard(transport=None, clock=ManualClock(), passwords=passwords)
    blockbuster.deactivate()  # it reads its templates, before it serves
    site = serve(opened)
    blockbuster.activate()
    opened.transport = httpx.ASGITransport(site, client=(ADDRESS, 4711), raise_app_exceptions=False)
    await operators.create(EMAIL, password_hash=await passwords.hash(PASSWORD))
    return opened


@pytest.fixture
async def browser(dashboard: Dashboard) -> Browser:
    """An operator's, who is signed in."""
    return await dashboard.sign_in()


@pytest.fixture
async def tenant_id(dashboard: Dashboard) -> TenantId:  # noqa: ARG001  the stores are bound
    return TenantId((await tenants.create(business())).id)


@pytest.fixture
def brief_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams that end after what there is to see now."""
    monkeypatch.setattr(live, "follow", looking_once(live.follow))
