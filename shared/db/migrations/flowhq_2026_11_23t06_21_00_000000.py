from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-23T06:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes that Piccolo has no word for"

# Lists are paged on (created_at, id), so the index ends in what breaks ties.
STATEMENTS = (
    "CREATE INDEX message_logs_newest ON message_logs (tenant, created_at DESC, id DESC)",
    "CREATE INDEX worker_incidents_newest ON worker_incidents (tenant, at DESC, id DESC)",
    "CREATE INDEX portal_event_logs_newest ON portal_event_logs (tenant, created_at DESC, id DESC)",
    "CREATE INDEX setup_requests_newest ON setup_requests (created_at DESC, id DESC)",
    "CREATE INDEX setup_requests_tenant ON setup_requests (tenant, created_at DESC)",
    "CREATE UNIQUE INDEX setup_requests_one_open ON setup_requests (tenant)"
    " WHERE status IN ('SUBMITTED', 'REVIEWING')",
    "CREATE INDEX tenants_oldest ON tenants (created_at, id)",
    "CREATE INDEX worker_credentials_tenant ON worker_credentials (tenant)",
    "CREATE UNIQUE INDEX api_keys_live_name ON api_keys (name) WHERE revoked_at IS NULL",
    "CREATE INDEX admin_audit_logs_newest ON admin_audit_logs (at DESC, id DESC)",
    "CREATE UNIQUE INDEX users_email ON users (lower(email))",
    "CREATE INDEX users_tenant ON users (tenant)",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def create_indexes():
        for statement in STATEMENTS:
            await Tenant.raw(statement)

    async def drop_indexes():
        for statement in STATEMENTS:
            name = statement.split("INDEX ")[1].split()[0]
            await Tenant.raw(f"DROP INDEX {name}")

    manager.add_raw(create_indexes)
    manager.add_raw_backwards(drop_indexes)
    return manager
