from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-30T23:41:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Authenticators and recovery codes have bounds, and the portal sees none of them"

ERA = "BETWEEN '2000-01-01 00:00+00' AND '2200-01-01 00:00+00'"
CHECKS = {
    "operator_accounts": {
        "totp_sealed_bounded": "length(totp_sealed) BETWEEN 1 AND 500",
        "totp_confirmed_at_instant": f"totp_confirmed_at {ERA}",
        "totp_step_bounds": "totp_step BETWEEN 0 AND 9999999999",
        "totp_confirmed_with_secret": "totp_confirmed_at IS NULL OR totp_sealed IS NOT NULL",
    },
    "operator_recovery_codes": {
        "code_hash_bounded": "length(code_hash) BETWEEN 1 AND 64",
        "used_at_instant": f"used_at {ERA}",
    },
    "operator_sessions": {"stage_known": "stage IN ('CODE', 'DONE')"},
}
FORWARDS = (
    *(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({condition})"
        for table, checks in CHECKS.items()
        for name, condition in checks.items()
    ),
    "CREATE TRIGGER flowhq_of_an_operator BEFORE INSERT OR UPDATE ON operator_recovery_codes"
    " FOR EACH ROW EXECUTE FUNCTION flowhq_of_an_operator()",
    "CREATE TRIGGER flowhq_keep_out_portal BEFORE INSERT OR UPDATE OR DELETE"
    " ON operator_recovery_codes FOR EACH ROW EXECUTE FUNCTION flowhq_keep_out_portal()",
    "ALTER TABLE operator_recovery_codes ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE operator_recovery_codes FORCE ROW LEVEL SECURITY",
    "CREATE POLICY every_row ON operator_recovery_codes TO CURRENT_USER"
    " USING (true) WITH CHECK (true)",
    "CREATE INDEX operator_recovery_codes_operator ON operator_recovery_codes (operator)",
)
BACKWARDS = (
    # A version of before would take it for a whole one.
    "DELETE FROM operator_sessions WHERE stage <> 'DONE'",
    "DROP INDEX operator_recovery_codes_operator",
    "DROP POLICY every_row ON operator_recovery_codes",
    "DROP TRIGGER flowhq_keep_out_portal ON operator_recovery_codes",
    "DROP TRIGGER flowhq_of_an_operator ON operator_recovery_codes",
    *(
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}"
        for table, checks in CHECKS.items()
        for name in checks
    ),
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
