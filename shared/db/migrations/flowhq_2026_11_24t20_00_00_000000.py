from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T20:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What runs as the owner looks for tables where only the owner makes them"

# Else a temporary table, which any role may make, stands in for one of ours.
FUNCTIONS = (
    "flowhq_is_owner()",
    "flowhq_set_role(uuid, text)",
    "flowhq_remove_member(uuid)",
    "flowhq_take_invitation(uuid)",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def look_there():
        for name in FUNCTIONS:
            await Tenant.raw(f"ALTER FUNCTION {name} SET search_path = pg_catalog, public, pg_temp")

    async def look_anywhere():
        for name in FUNCTIONS:
            await Tenant.raw(f'ALTER FUNCTION {name} SET search_path = "$user", public')

    manager.add_raw(look_there)
    manager.add_raw_backwards(look_anywhere)
    return manager
