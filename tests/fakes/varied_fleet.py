"""A fleet in which everything happens at once, with a day behind it: for pages that show one."""

from datetime import datetime, timedelta

import msgspec

from shared.enums import SessionReason, SessionState, TenantStatus
from shared.ids import TenantId
from shared.stores import fleet_samples, sessions, tenant_lists, tenants
from shared.tables import WorkerProcess
from shared.wire.frames import SessionReport
from tests.fakes.businesses import business

NAMES = (
    *("Duka la Asha", "Mama Ntilie", "Salon Neema", "Hoteli ya Bahari", "Zawadi Boutique"),
    *("Kliniki ya Tumaini", "Juma & Wanawe Hardware", "Baraka Electronics", "Pwani Tours"),
)
STATES = (
    (SessionState.CONNECTED, SessionReason.LINKED, "RUNNING"),
    (SessionState.CONNECTED, SessionReason.LINKED, "RUNNING"),
    (SessionState.QR_READY, SessionReason.WAITING_FOR_SCAN, "RUNNING"),
    (SessionState.CONNECTED, SessionReason.LINKED, "RUNNING"),
    (SessionState.LOGGED_OUT, SessionReason.DEVICE_REMOVED, "RUNNING"),
    (SessionState.DISCONNECTED, SessionReason.CONNECTION_LOST, "RUNNING"),
    (SessionState.CONNECTED, SessionReason.LINKED, "RUNNING"),
    (SessionState.DISCONNECTED, SessionReason.STARTING, "ERROR"),
    (SessionState.DISCONNECTED, SessionReason.WORKER_STOPPED, "STOPPED"),
)
MINUTE = timedelta(minutes=1)


async def add_varied_fleet(count: int, *, now: datetime) -> list[TenantId]:
    """The first is well, has a container, and wrote a moment ago."""
    return [await _add(number, now) for number in range(count)]


async def _add(number: int, now: datetime) -> TenantId:
    state, reason, status = STATES[number % len(STATES)]
    name = NAMES[number % len(NAMES)] + (f" {number}" if number >= len(NAMES) else "")
    tenant_id = TenantId((await tenants.create(business(number, name=name))).id)
    runs = status == "RUNNING"
    await WorkerProcess.update(
        {
            "desired_state": "STOPPED" if status == "STOPPED" else "RUNNING",
            "generation": 1,
            "status": status,
            "image": "flowhq-worker:7c1f",
            "container_name": f"flowhq-worker-{tenant_id}" if runs else None,
            "container_id": f"{number:064x}" if runs else None,
            "started_at": now - 37 * (number + 1) * MINUTE if runs else None,
            "last_heartbeat_at": now - timedelta(seconds=7),
            "last_inbound_at": now - number * number * MINUTE if number % 5 < 4 else None,
            "memory_bytes": (27 << 20) + number * 190_000 if runs else None,
            "outbox_depth": 12 if number == 5 else 0,
            "restarts": number % 4,
            "last_error": "" if runs else "The worker was killed (exit 137).",
        }
    ).where(WorkerProcess.tenant == tenant_id)
    report = SessionReport(state=state, reason=reason)
    await sessions.record_session(tenant_id, report, now - 11 * (number + 1) * MINUTE)
    return tenant_id


async def add_past_day(*, now: datetime) -> None:
    """A sample each five minutes, with an outage in the morning and a gap at night."""
    counts = await tenant_lists.count_tenants(now=now)
    for minutes in range(0, 24 * 60, 5):
        if 700 < minutes < 800:
            continue
        active = 3 if 200 < minutes < 260 else 17 - minutes // 240
        status = {
            TenantStatus.ACTIVE: active,
            TenantStatus.STARTING: 20 - active - 3,
            TenantStatus.QR_PENDING: 2 if minutes < 400 else 1,
            TenantStatus.ERROR: 1 + (minutes < 90),
            TenantStatus.PAUSED: 2,
        }
        sample = msgspec.structs.replace(counts, at=now - minutes * MINUTE, status=status)
        await fleet_samples.record(sample)
