from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T17:46:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Members set what their bot is told; the control plane hears of it"

COLUMNS = "time_zone, holidays_json, when_closed, texts_json"
FORWARDS = (
    f"GRANT INSERT ({COLUMNS}), UPDATE ({COLUMNS}) ON tenant_configs TO flowhq_portal",
    """
    CREATE FUNCTION flowhq_tell_config() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_notify('flowhq_config', NEW.tenant::text); RETURN NULL; END $$
    """,
    "CREATE TRIGGER tell_config AFTER UPDATE ON tenant_configs FOR EACH ROW"
    " WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION flowhq_tell_config()",
)
BACKWARDS = (
    "DROP TRIGGER tell_config ON tenant_configs",
    "DROP FUNCTION flowhq_tell_config()",
    f"REVOKE INSERT ({COLUMNS}), UPDATE ({COLUMNS}) ON tenant_configs FROM flowhq_portal",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def tell():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def fall_silent():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(tell)
    manager.add_raw_backwards(fall_silent)
    return manager
