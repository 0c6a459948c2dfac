from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-23T07:43:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes of queued messages and of a tenant's keys"

FORWARDS = (
    # The work to do is a sliver of the table: what was sent long ago costs these nothing.
    "CREATE INDEX outbound_due ON outbound_messages (tenant, due_at, id) WHERE state = 'QUEUED'",
    "CREATE INDEX outbound_open ON outbound_messages (tenant, due_at, id)"
    " WHERE state = 'SENDING'",
    "CREATE INDEX outbound_expiring ON outbound_messages (expires_at)"
    " WHERE state = 'QUEUED' AND expires_at IS NOT NULL",
    "CREATE INDEX outbound_newest ON outbound_messages (tenant, created_at DESC, id DESC)",
    # Not unique: what a worker says twice must not stop the batch it is in.
    "CREATE INDEX outbound_wa_message ON outbound_messages (tenant, wa_message_id)"
    " WHERE wa_message_id IS NOT NULL",
    "CREATE UNIQUE INDEX outbound_idempotency"
    " ON outbound_messages (tenant, idempotency_key, position)"
    " WHERE idempotency_key IS NOT NULL",
    "CREATE UNIQUE INDEX early_receipts_once ON early_receipts (tenant, wa_message_id, kind)",
    "CREATE INDEX early_receipts_oldest ON early_receipts (created_at)",
    # A tenant may name its keys as it likes, whatever others call theirs.
    "DROP INDEX api_keys_live_name",
    "CREATE UNIQUE INDEX api_keys_live_name ON api_keys (name)"
    " WHERE revoked_at IS NULL AND tenant IS NULL",
    "CREATE UNIQUE INDEX api_keys_live_name_of_tenant ON api_keys (tenant, name)"
    " WHERE revoked_at IS NULL AND tenant IS NOT NULL",
)
BACKWARDS = (
    "DROP INDEX api_keys_live_name_of_tenant",
    "DROP INDEX api_keys_live_name",
    "CREATE UNIQUE INDEX api_keys_live_name ON api_keys (name) WHERE revoked_at IS NULL",
    "DROP INDEX early_receipts_oldest",
    "DROP INDEX early_receipts_once",
    "DROP INDEX outbound_idempotency",
    "DROP INDEX outbound_wa_message",
    "DROP INDEX outbound_newest",
    "DROP INDEX outbound_expiring",
    "DROP INDEX outbound_open",
    "DROP INDEX outbound_due",
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
