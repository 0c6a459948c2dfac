from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.db.checks import drop, extend, known
from shared.tables import Tenant

ID = "2026-11-30T17:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Incidents of refused frames, and of mistakes of the platform"

BEFORE = (
    *("CRASH", "OOM", "CONFIGURATION", "SESSION_ENDED", "SESSION_LOCKED", "CONTAINER_REMOVED"),
    *("START_FAILED", "LINK_LOST", "DISK_FULL"),
)
NEW = ("FRAMES_REFUSED", "PLATFORM_ERROR")
INSTANT = (
    "ALTER TABLE refused_events ADD CONSTRAINT refused_events_at_instant"
    " CHECK (at BETWEEN '2000-01-01 00:00+00' AND '2200-01-01 00:00+00')"
)
OUTCOMES = known("refused_events", "outcome", ("MENDED", "KEPT"))


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def know():
        for statement in extend(known("worker_incidents", "kind", (*BEFORE, *NEW))):
            await Tenant.raw(statement)
        for statement in (*extend(OUTCOMES), INSTANT):
            await Tenant.raw(statement)

    async def forget():
        await Tenant.raw(drop(OUTCOMES))
        await Tenant.raw("ALTER TABLE refused_events DROP CONSTRAINT refused_events_at_instant")
        await Tenant.raw(
            f"DELETE FROM worker_incidents WHERE kind IN ({', '.join(map(repr, NEW))})"
        )
        for statement in extend(known("worker_incidents", "kind", BEFORE)):
            await Tenant.raw(statement)

    manager.add_raw(know)
    manager.add_raw_backwards(forget)
    return manager
