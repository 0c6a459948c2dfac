from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-29T07:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Which members wrote what is queued already"

# Until now the key of a reply said so, and no more; of who has left, the event of the reply.
FORWARDS = """
    UPDATE outbound_messages o
       SET author = COALESCE(
           (SELECT u.email FROM users u WHERE u.id::text = split_part(o.idempotency_key, '/', 2)),
           (SELECT e.payload_json ->> 'who' FROM portal_event_logs e
             WHERE e.tenant = o.tenant AND e.event_type = 'replied'
               AND e.payload_json ->> 'member' = split_part(o.idempotency_key, '/', 2) LIMIT 1))
     WHERE o.idempotency_key LIKE 'portal/%'
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def name_them():
        await Tenant.raw(FORWARDS)

    async def forget_them():
        """The column goes."""

    manager.add_raw(name_them)
    manager.add_raw_backwards(forget_them)
    return manager
