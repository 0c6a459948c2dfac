from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.db.migrations import flowhq_2026_11_24t18_58_00_000000 as search
from shared.db.migrations import flowhq_2026_11_30t10_01_00_000000 as order
from shared.db.migrations.flowhq_2026_11_30t12_30_00_000000 import BOUNDS
from shared.tables import Tenant

ID = "2026-11-30T17:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Searches have bounds and go by the order of rows, whichever of the two came first"

FORWARDS = (
    *order.number_rows("security_events", "minute"),
    "CREATE UNIQUE INDEX security_events_order ON security_events (seq)",
    # What was read is noted once an hour: is there one of the last?
    "CREATE INDEX portal_event_logs_written ON portal_event_logs (tenant, created_at)",
    search.function(
        f"{search.DECLARED} newest uuid[]; ends bigint;",
        BOUNDS + search.PREFIX + order.ENDS + order.BY_NEWEST + order.BY_INDEX,
    ),
)
BACKWARDS = (
    search.function(
        f"{search.DECLARED} newest uuid[];",
        BOUNDS + search.PREFIX + search.BY_NEWEST + search.BY_INDEX,
    ),
    "DROP INDEX portal_event_logs_written",
    "DROP INDEX security_events_order",
    "ALTER TABLE security_events ALTER COLUMN seq DROP IDENTITY",
    "CREATE SEQUENCE security_events_seq_seq OWNED BY security_events.seq",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def bring_together():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def part():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(bring_together)
    manager.add_raw_backwards(part)
    return manager
