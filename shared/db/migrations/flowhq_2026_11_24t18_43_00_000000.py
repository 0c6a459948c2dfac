from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T18:43:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What was said until now, by the hour; members see their own"

FORWARDS = (
    # The row of this hour changes with every batch: room for that on its own page.
    "ALTER TABLE message_hours SET (fillfactor = 70)",
    "INSERT INTO message_hours (tenant, hour, direction, messages)"
    " SELECT tenant, date_trunc('hour', occurred_at, 'UTC'), direction, count(*)"
    " FROM message_logs GROUP BY 1, 2, 3",
    "ALTER TABLE message_hours ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE message_hours FORCE ROW LEVEL SECURITY",
    "CREATE POLICY every_row ON message_hours TO CURRENT_USER USING (true) WITH CHECK (true)",
    "CREATE POLICY own_tenant ON message_hours TO flowhq_portal"
    " USING (tenant = flowhq_tenant()) WITH CHECK (tenant = flowhq_tenant())",
    "GRANT SELECT ON message_hours TO flowhq_portal",
)
BACKWARDS = (
    "REVOKE SELECT ON message_hours FROM flowhq_portal",
    "DROP POLICY own_tenant ON message_hours",
    "DROP POLICY every_row ON message_hours",
    "ALTER TABLE message_hours NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE message_hours DISABLE ROW LEVEL SECURITY",
    "DELETE FROM message_hours",
    "ALTER TABLE message_hours RESET (fillfactor)",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def count():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def forget():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(count)
    manager.add_raw_backwards(forget)
    return manager
