from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T16:31:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Members may ask for codes; the control plane is told"

FORWARDS = (
    "CREATE UNIQUE INDEX link_requests_once ON link_requests (tenant, wish)",
    "ALTER TABLE link_requests ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE link_requests FORCE ROW LEVEL SECURITY",
    "CREATE POLICY every_row ON link_requests TO CURRENT_USER USING (true) WITH CHECK (true)",
    "CREATE POLICY own_tenant ON link_requests TO flowhq_portal"
    " USING (tenant = flowhq_tenant()) WITH CHECK (tenant = flowhq_tenant())",
    "GRANT SELECT, INSERT, UPDATE (created_at) ON link_requests TO flowhq_portal",
    """
    CREATE FUNCTION flowhq_tell_request() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_notify('flowhq_request', NEW.tenant::text); RETURN NULL; END $$
    """,
    "CREATE TRIGGER tell_request AFTER INSERT OR UPDATE ON link_requests FOR EACH ROW"
    " EXECUTE FUNCTION flowhq_tell_request()",
)
BACKWARDS = (
    "DROP TRIGGER tell_request ON link_requests",
    "DROP FUNCTION flowhq_tell_request()",
    "REVOKE ALL ON link_requests FROM flowhq_portal",
    "DROP POLICY own_tenant ON link_requests",
    "DROP POLICY every_row ON link_requests",
    "ALTER TABLE link_requests NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE link_requests DISABLE ROW LEVEL SECURITY",
    "DROP INDEX link_requests_once",
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
