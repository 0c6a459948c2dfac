from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-30T23:51:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "When an operator signed in at the provider has bounds"

HOLD = (
    "ALTER TABLE operator_sessions ADD CONSTRAINT operator_sessions_proved_at_instant"
    " CHECK (proved_at BETWEEN '2000-01-01 00:00+00' AND '2200-01-01 00:00+00')"
)
LET_GO = "ALTER TABLE operator_sessions DROP CONSTRAINT operator_sessions_proved_at_instant"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def hold():
        await Tenant.raw(HOLD)

    async def let_go():
        await Tenant.raw(LET_GO)

    manager.add_raw(hold)
    manager.add_raw_backwards(let_go)
    return manager
