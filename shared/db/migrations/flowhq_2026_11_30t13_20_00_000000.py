from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.db.checks import extend, known
from shared.tables import Tenant

ID = "2026-11-30T13:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "A worker may be stopped because its disk is full; members can be removed again"

BEFORE = (
    *("CRASH", "OOM", "CONFIGURATION", "SESSION_ENDED", "SESSION_LOCKED", "CONTAINER_REMOVED"),
    *("START_FAILED", "LINK_LOST"),
)
# By row: with a member's account PostgreSQL removes what refers to it, and looks for that here.
KEEP_OUT = """
    CREATE OR REPLACE FUNCTION flowhq_keep_out_portal() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF session_user = 'flowhq_portal' THEN
            RAISE insufficient_privilege USING MESSAGE = 'this is for operators alone';
        END IF;
        RETURN COALESCE(NEW, OLD);
    END $$
"""
TRIGGER = (
    "CREATE TRIGGER flowhq_keep_out_portal BEFORE INSERT OR UPDATE OR DELETE{more}"
    " ON operator_sessions FOR EACH {each} EXECUTE FUNCTION flowhq_keep_out_portal()"
)
DROP_TRIGGER = "DROP TRIGGER flowhq_keep_out_portal ON operator_sessions"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def mend():
        for statement in extend(known("worker_incidents", "kind", (*BEFORE, "DISK_FULL"))):
            await Tenant.raw(statement)
        for statement in (KEEP_OUT, DROP_TRIGGER, TRIGGER.format(more="", each="ROW")):
            await Tenant.raw(statement)

    async def undo():
        for statement in (DROP_TRIGGER, TRIGGER.format(more=" OR TRUNCATE", each="STATEMENT")):
            await Tenant.raw(statement)
        await Tenant.raw("DELETE FROM worker_incidents WHERE kind = 'DISK_FULL'")
        for statement in extend(known("worker_incidents", "kind", BEFORE)):
            await Tenant.raw(statement)

    manager.add_raw(mend)
    manager.add_raw_backwards(undo)
    return manager
