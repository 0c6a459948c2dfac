from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T15:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The portal's role, which sees one tenant in a transaction"

# Which column names the tenant, in every table that holds a tenant's rows.
OWNERS = {
    "tenants": "id",
    "tenant_configs": "tenant",
    "whatsapp_sessions": "tenant",
    "message_logs": "tenant",
    "contacts": "tenant",
    "outbound_messages": "tenant",
    "early_receipts": "tenant",
    "media_uploads": "tenant",
    "worker_processes": "tenant",
    "worker_credentials": "tenant",
    "worker_incidents": "tenant",
    "users": "tenant",
    "setup_requests": "tenant",
    "portal_event_logs": "tenant",
    "api_keys": "tenant",
    "admin_audit_logs": "tenant_id",
}

# What is not named here the portal cannot do, whatever the policies let through.
GRANTS = (
    "SELECT ON tenants, tenant_configs, whatsapp_sessions, message_logs, contacts,"
    " outbound_messages, worker_processes, worker_incidents, users, setup_requests,"
    " portal_event_logs",
    "INSERT, UPDATE ON outbound_messages",
    "UPDATE (template_type, business_name, language, hours_json, quiet_hours_json)"
    " ON tenant_configs",
    "INSERT (tenant, note) ON setup_requests",
    "INSERT (tenant, event_type, payload_json) ON portal_event_logs",
)

FORWARDS = (
    # Roles belong to the whole server: another database of it may have made this one, also at
    # this moment. No password: it can log in only where the server trusts whoever reaches it,
    # until `FLOWHQ_PORTAL_PASSWORD` is given to the migration.
    """
    DO $$ BEGIN
        CREATE ROLE flowhq_portal LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$
    """,
    # A setting that was never set is NULL; one whose transaction is over is empty.
    """
    CREATE FUNCTION flowhq_tenant() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT NULLIF(current_setting('flowhq.tenant', true), '')::uuid $$
    """,
    *(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY" for table in OWNERS),
    # Also for the owner, who is then let through by name: a role that nobody thought of sees nothing.
    *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in OWNERS),
    *(
        f"CREATE POLICY every_row ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)"
        for table in OWNERS
    ),
    *(
        f"CREATE POLICY own_tenant ON {table} TO flowhq_portal"
        f" USING ({column} = flowhq_tenant()) WITH CHECK ({column} = flowhq_tenant())"
        for table, column in OWNERS.items()
    ),
    *(f"GRANT {grant} TO flowhq_portal" for grant in GRANTS),
)
BACKWARDS = (
    # In this database alone: its rights, and the policies that are for nobody else.
    "DROP OWNED BY flowhq_portal",
    *(f"DROP POLICY every_row ON {table}" for table in OWNERS),
    *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in OWNERS),
    *(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY" for table in OWNERS),
    "DROP FUNCTION flowhq_tenant()",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def protect():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def expose():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(protect)
    manager.add_raw_backwards(expose)
    return manager
