from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-30T23:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Operators of before administer; the last who does stays; the portal sees none of it"

# As the owner, and before the row goes: also where the account goes with its row of `users`.
KEEP = """
    CREATE FUNCTION flowhq_keep_admin() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF OLD.role = 'ADMIN' AND (TG_OP = 'DELETE' OR NEW.role <> 'ADMIN'
                                   OR NEW.operator <> OLD.operator)
           AND NOT EXISTS (SELECT FROM operator_accounts
                            WHERE role = 'ADMIN' AND operator <> OLD.operator) THEN
            RAISE restrict_violation USING MESSAGE = 'the last admin stays';
        END IF;
        RETURN COALESCE(NEW, OLD);
    END
    $$
"""
FORWARDS = (
    "INSERT INTO operator_accounts (operator, role)"
    " SELECT id, 'ADMIN' FROM users WHERE role = 'ADMIN'",
    "ALTER TABLE operator_accounts ADD CONSTRAINT operator_accounts_role_known"
    " CHECK (role IN ('ADMIN', 'READ_ONLY', 'SUPPORT'))",
    KEEP,
    "REVOKE EXECUTE ON FUNCTION flowhq_keep_admin() FROM PUBLIC",
    "CREATE TRIGGER flowhq_keep_admin BEFORE UPDATE OR DELETE ON operator_accounts"
    " FOR EACH ROW EXECUTE FUNCTION flowhq_keep_admin()",
    "CREATE TRIGGER flowhq_of_an_operator BEFORE INSERT OR UPDATE ON operator_accounts"
    " FOR EACH ROW EXECUTE FUNCTION flowhq_of_an_operator()",
    # For each row: a member's end looks for an account here too, and finds none.
    "CREATE TRIGGER flowhq_keep_out_portal BEFORE INSERT OR UPDATE OR DELETE ON operator_accounts"
    " FOR EACH ROW EXECUTE FUNCTION flowhq_keep_out_portal()",
    "ALTER TABLE operator_accounts ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE operator_accounts FORCE ROW LEVEL SECURITY",
    "CREATE POLICY every_row ON operator_accounts TO CURRENT_USER USING (true) WITH CHECK (true)",
)
# A version of before lets every operator do everything: whoever is less signs in no more there.
BACKWARDS = (
    "DELETE FROM users u USING operator_accounts a WHERE a.operator = u.id AND a.role <> 'ADMIN'",
    "DROP POLICY every_row ON operator_accounts",
    "DROP TRIGGER flowhq_keep_out_portal ON operator_accounts",
    "DROP TRIGGER flowhq_of_an_operator ON operator_accounts",
    "DROP TRIGGER flowhq_keep_admin ON operator_accounts",
    "DROP FUNCTION flowhq_keep_admin()",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def hold():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def let_go():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(hold)
    manager.add_raw_backwards(let_go)
    return manager
