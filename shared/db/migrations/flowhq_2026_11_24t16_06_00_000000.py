from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T16:06:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "A member may describe a business, which becomes a tenant"

# What a tenant begins with; all else of these rows is the operators' and the workers' to say.
GRANTS = (
    "INSERT (id, name, phone_number) ON tenants",
    "INSERT (tenant, template_type, business_name, language, hours_json, quiet_hours_json)"
    " ON tenant_configs",
    "INSERT (tenant) ON whatsapp_sessions",
    "INSERT (tenant) ON worker_processes",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def grant():
        for each in GRANTS:
            await Tenant.raw(f"GRANT {each} TO flowhq_portal")

    async def revoke():
        for each in GRANTS:
            await Tenant.raw(f"REVOKE {each} FROM flowhq_portal")

    manager.add_raw(grant)
    manager.add_raw_backwards(revoke)
    return manager
