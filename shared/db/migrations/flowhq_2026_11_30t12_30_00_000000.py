from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.db.migrations.flowhq_2026_11_24t18_58_00_000000 import (
    BY_INDEX,
    BY_NEWEST,
    DECLARED,
    PREFIX,
    function,
)
from shared.tables import Tenant

ID = "2026-11-30T12:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The lease is a lock that the portal's role cannot take; searches are of a size"

# The page of a search is 100, of an export 1000; more would be nobody's of ours.
BOUNDS = """
        IF most IS NULL OR most NOT BETWEEN 1 AND 2000 OR length(words) > 2000
           OR cardinality(names) > 2000 THEN
            RAISE invalid_parameter_value USING MESSAGE = 'no search is of this size';
        END IF;
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def fence():
        await Tenant.raw("CREATE VIEW flowhq_lease AS SELECT 1 AS held")
        await Tenant.raw(
            function(f"{DECLARED} newest uuid[];", BOUNDS + PREFIX + BY_NEWEST + BY_INDEX)
        )

    async def open_up():
        await Tenant.raw(function(f"{DECLARED} newest uuid[];", PREFIX + BY_NEWEST + BY_INDEX))
        await Tenant.raw("DROP VIEW flowhq_lease")

    manager.add_raw(fence)
    manager.add_raw_backwards(open_up)
    return manager
