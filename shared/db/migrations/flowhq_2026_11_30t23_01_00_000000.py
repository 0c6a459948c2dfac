from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.db.migrations import flowhq_2026_11_30t10_01_00_000000 as order
from shared.tables import Tenant

ID = "2026-11-30T23:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The database numbers refused events"

FORWARDS = (
    *order.number_rows("refused_events", "at"),
    "CREATE UNIQUE INDEX refused_events_order ON refused_events (tenant, seq)",
)
BACKWARDS = (
    "DROP INDEX refused_events_order",
    "ALTER TABLE refused_events ALTER COLUMN seq DROP IDENTITY",
    "CREATE SEQUENCE refused_events_seq_seq OWNED BY refused_events.seq",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def number():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def forget():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(number)
    manager.add_raw_backwards(forget)
    return manager
