from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T17:54:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "A lost link is one incident until it is back"

INDEX = (
    "CREATE UNIQUE INDEX worker_incidents_open_loss ON worker_incidents (tenant, reason)"
    " WHERE reason IS NOT NULL AND restored_at IS NULL"
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def create_index():
        await Tenant.raw(INDEX)

    async def drop_index():
        await Tenant.raw("DROP INDEX worker_incidents_open_loss")

    manager.add_raw(create_index)
    manager.add_raw_backwards(drop_index)
    return manager
