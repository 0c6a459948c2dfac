from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T18:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The audit log by tenant, by action and by who"

COLUMNS = ("tenant_id", "action", "who")


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def create_indexes():
        for column in COLUMNS:
            await Tenant.raw(
                f"CREATE INDEX admin_audit_logs_of_{column}"
                f" ON admin_audit_logs ({column}, at DESC, id DESC)"
            )

    async def drop_indexes():
        for column in COLUMNS:
            await Tenant.raw(f"DROP INDEX admin_audit_logs_of_{column}")

    manager.add_raw(create_indexes)
    manager.add_raw_backwards(drop_indexes)
    return manager
