from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-30T11:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Refused events: the newest of each tenant are kept; the portal's role sees none"

FORWARDS = (
    "CREATE INDEX refused_events_newest ON refused_events (tenant, at DESC, id DESC)",
    "ALTER TABLE refused_events ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE refused_events FORCE ROW LEVEL SECURITY",
    "CREATE POLICY every_row ON refused_events TO CURRENT_USER USING (true) WITH CHECK (true)",
)
BACKWARDS = (
    "DROP POLICY every_row ON refused_events",
    "ALTER TABLE refused_events NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE refused_events DISABLE ROW LEVEL SECURITY",
    "DROP INDEX refused_events_newest",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def close():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def open_again():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(close)
    manager.add_raw_backwards(open_again)
    return manager
