from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.db.checks import extend, known
from shared.tables import Tenant

ID = "2026-11-30T20:02:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Owners change their business's number"

BEFORE = ("QR_ROUND", "PAIRING_CODE")
FORWARDS = (
    # The number that was; NULL where the tenant is about to go.
    """
    CREATE FUNCTION flowhq_set_number(number text) RETURNS text LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ DECLARE was text; BEGIN
        IF flowhq_is_owner() IS NOT TRUE THEN
            RAISE insufficient_privilege USING MESSAGE = 'an owner is needed';
        END IF;
        SELECT phone_number INTO was FROM tenants
         WHERE id = flowhq_tenant() AND removal_requested_at IS NULL FOR UPDATE;
        IF NOT FOUND THEN RETURN NULL; END IF;
        UPDATE tenants SET phone_number = number WHERE id = flowhq_tenant();
        RETURN was;
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION flowhq_set_number(text) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION flowhq_set_number(text) TO flowhq_portal",
    *extend(known("link_requests", "wish", (*BEFORE, "NEW_NUMBER"))),
)
BACKWARDS = (
    "DELETE FROM link_requests WHERE wish = 'NEW_NUMBER'",
    *extend(known("link_requests", "wish", BEFORE)),
    "DROP FUNCTION flowhq_set_number(text)",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def let_change():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def keep():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(let_change)
    manager.add_raw_backwards(keep)
    return manager
