from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T18:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Members may take a chat over from the bot, and hand it back"

FORWARDS = (
    "ALTER TABLE takeovers ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE takeovers FORCE ROW LEVEL SECURITY",
    "CREATE POLICY every_row ON takeovers TO CURRENT_USER USING (true) WITH CHECK (true)",
    "CREATE POLICY own_tenant ON takeovers TO flowhq_portal"
    " USING (tenant = flowhq_tenant()) WITH CHECK (tenant = flowhq_tenant())",
    "GRANT SELECT, INSERT, UPDATE (until, changed_at) ON takeovers TO flowhq_portal",
)
BACKWARDS = (
    "REVOKE ALL ON takeovers FROM flowhq_portal",
    "DROP POLICY own_tenant ON takeovers",
    "DROP POLICY every_row ON takeovers",
    "ALTER TABLE takeovers NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE takeovers DISABLE ROW LEVEL SECURITY",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def protect():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def expose():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(protect)
    manager.add_raw_backwards(expose)
    return manager
