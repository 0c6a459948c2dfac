from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T17:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "A chat's messages in their order"

FORWARDS = (
    # Whose chat a row is in, as shared/stores/chats.py has it, word for word.
    "CREATE INDEX message_logs_chat ON message_logs (tenant, (CASE"
    " WHEN contact_lid IS NOT NULL THEN contact_lid"
    " WHEN direction = 'IN' THEN from_number ELSE to_number END), occurred_at DESC, id DESC)",
    # Few: what went out is in the log.
    "CREATE INDEX outbound_not_sent ON outbound_messages (tenant, to_phone, created_at DESC,"
    " id DESC) WHERE wa_message_id IS NULL",
)
BACKWARDS = ("DROP INDEX outbound_not_sent", "DROP INDEX message_logs_chat")


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
