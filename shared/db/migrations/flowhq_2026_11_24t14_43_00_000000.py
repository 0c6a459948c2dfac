from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T14:43:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What makes a contact one person"

FORWARDS = (
    "ALTER TABLE contacts ADD CONSTRAINT contacts_named"
    " CHECK (phone IS NOT NULL OR lid IS NOT NULL)",
    "CREATE UNIQUE INDEX contacts_phone ON contacts (tenant, phone) WHERE phone IS NOT NULL",
    "CREATE UNIQUE INDEX contacts_lid ON contacts (tenant, lid) WHERE lid IS NOT NULL",
    # Not of last_seen_at: that changes all the time, and in no index it is cheap to change.
    "CREATE INDEX contacts_newest ON contacts (tenant, first_seen_at DESC, id DESC)",
)
BACKWARDS = (
    "DROP INDEX contacts_newest",
    "DROP INDEX contacts_lid",
    "DROP INDEX contacts_phone",
    "ALTER TABLE contacts DROP CONSTRAINT contacts_named",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def create_indexes():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def drop_indexes():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(create_indexes)
    manager.add_raw_backwards(drop_indexes)
    return manager
