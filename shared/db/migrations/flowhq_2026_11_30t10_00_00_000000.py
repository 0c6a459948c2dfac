from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import BigSerial
from piccolo.columns.indexes import IndexMethod

from shared.db.migrations import flowhq_2026_11_24t18_58_00_000000 as search
from shared.tables import Tenant

ID = "2026-11-30T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Columns for an order that no clock decides (ADR 11)"

TABLES = {
    "AdminAuditLog": "admin_audit_logs",
    "ApiKey": "api_keys",
    "Contact": "contacts",
    "MailProof": "mail_proofs",
    "MessageLog": "message_logs",
    "OutboundMessage": "outbound_messages",
    "PortalEventLog": "portal_event_logs",
    "SetupRequest": "setup_requests",
    "Tenant": "tenants",
    "User": "users",
    "WorkerIncident": "worker_incidents",
}
# Each row is written anew, here and by the next migration: without the costly indexes, which that one
# makes again, and without those of the order that was.
WORDS = f"message_logs USING gin ({search.VECTOR})"
OLD_INDEXES = {
    "message_logs_words": WORDS,
    "message_logs_newest": "message_logs (tenant, created_at DESC, id DESC)",
    "message_logs_chat": f"message_logs (tenant, ({search.CHAT}), occurred_at DESC, id DESC)",
    "outbound_newest": "outbound_messages (tenant, created_at DESC, id DESC)",
    "outbound_due": "outbound_messages (tenant, due_at, id) WHERE state = 'QUEUED'",
    "outbound_open": "outbound_messages (tenant, due_at, id) WHERE state = 'SENDING'",
    "outbound_not_sent": "outbound_messages (tenant, to_phone, created_at DESC, id DESC)"
    " WHERE wa_message_id IS NULL",
    "contacts_newest": "contacts (tenant, first_seen_at DESC, id DESC)",
    "worker_incidents_newest": "worker_incidents (tenant, at DESC, id DESC)",
    "portal_event_logs_newest": "portal_event_logs (tenant, created_at DESC, id DESC)",
    "setup_requests_newest": "setup_requests (created_at DESC, id DESC)",
    "setup_requests_tenant": "setup_requests (tenant, created_at DESC)",
    "tenants_oldest": "tenants (created_at, id)",
    "admin_audit_logs_newest": "admin_audit_logs (at DESC, id DESC)",
    **{
        f"admin_audit_logs_of_{column}": f"admin_audit_logs ({column}, at DESC, id DESC)"
        for column in ("tenant_id", "action", "who")
    },
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)
    for class_name, tablename in TABLES.items():
        manager.add_column(
            table_class_name=class_name,
            tablename=tablename,
            column_name="seq",
            db_column_name="seq",
            column_class_name="BigSerial",
            column_class=BigSerial,
            params={
                "null": False,
                "primary_key": False,
                "unique": False,
                "index": False,
                "index_method": IndexMethod.btree,
                "choices": None,
                "db_column_name": None,
                "secret": False,
            },
            schema=None,
        )

    async def drop_indexes():
        for name in OLD_INDEXES:
            await Tenant.raw(f"DROP INDEX {name}")

    async def create_indexes():
        for name, on in OLD_INDEXES.items():
            await Tenant.raw(f"CREATE INDEX {name} ON {on}")

    manager.add_raw(drop_indexes)
    manager.add_raw_backwards(create_indexes)
    return manager
