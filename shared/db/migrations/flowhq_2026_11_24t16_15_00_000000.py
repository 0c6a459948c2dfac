from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T16:15:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Tell who listens that what a tenant's people see has changed"

# What a page shows of a bot. Not what changes with every heartbeat: that would be a flood.
SHOWN = {
    "whatsapp_sessions": ("state", "reason", "detail", "last_qr", "pairing_code"),
    "worker_processes": ("desired_state", "status"),
    "setup_requests": ("status",),
}


def trigger(table, columns):
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    return (
        f"CREATE TRIGGER tell_tenant AFTER UPDATE ON {table} FOR EACH ROW WHEN ({changed})"
        " EXECUTE FUNCTION flowhq_tell_tenant()"
    )


FORWARDS = (
    # The tenant's id and nothing else: whoever may connect to the database may listen.
    """
    CREATE FUNCTION flowhq_tell_tenant() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_notify('flowhq_tenant', NEW.tenant::text); RETURN NULL; END $$
    """,
    *(trigger(table, columns) for table, columns in SHOWN.items()),
)
BACKWARDS = (
    *(f"DROP TRIGGER tell_tenant ON {table}" for table in SHOWN),
    "DROP FUNCTION flowhq_tell_tenant()",
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
