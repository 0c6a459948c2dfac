from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.db.checks import settle
from shared.db.migrations.flowhq_2026_11_30t12_10_00_000000 import CHECKS
from shared.tables import Tenant

ID = "2026-11-30T12:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Every row of before is looked at"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def look_at_all():
        for check in CHECKS:
            await Tenant.raw(settle(check))

    async def leave_them():
        """Looked at or not, they are as they are."""

    manager.add_raw(look_at_all)
    manager.add_raw_backwards(leave_them)
    return manager
