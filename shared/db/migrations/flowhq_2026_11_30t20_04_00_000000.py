from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-30T20:04:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "When an account was given has bounds"

NAME = "whatsapp_accounts_awarded_at_instant"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def hold():
        await Tenant.raw(
            f"ALTER TABLE whatsapp_accounts ADD CONSTRAINT {NAME}"
            " CHECK (awarded_at BETWEEN '2000-01-01 00:00+00' AND '2200-01-01 00:00+00')"
        )

    async def let_go():
        await Tenant.raw(f"ALTER TABLE whatsapp_accounts DROP CONSTRAINT {NAME}")

    manager.add_raw(hold)
    manager.add_raw_backwards(let_go)
    return manager
