from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.db.checks import Check, drop, hold
from shared.tables import Tenant

ID = "2026-11-30T13:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What is an operator's the portal's role neither sees nor makes, whoever errs"

ERA = "BETWEEN '2000-01-01 00:00+00' AND '2200-01-01 00:00+00'"


def check(table, column, kind, condition):
    return Check(table=table, column=column, name=f"{table}_{column}_{kind}", condition=condition)


CHECKS = (
    check("operator_sessions", "token_hash", "bounded", "length(token_hash) BETWEEN 1 AND 64"),
    check("operator_sessions", "created_at", "instant", f"created_at {ERA}"),
    check("operator_sessions", "expires_at", "instant", f"expires_at {ERA}"),
    Check(
        table="users",
        column="tenant",
        name="users_operators_without_tenant",
        condition="role <> 'ADMIN' OR tenant IS NULL",
        instead="NULL",
        tenant="tenant",
    ),
)
# `session_user`: who is connected, also within what runs as its owner. So these hold even where a
# policy, a right or such a function of a later migration says too much.
TRIGGERS = {
    "flowhq_keep_out_portal": (
        """
        BEGIN
            IF session_user = 'flowhq_portal' THEN
                RAISE insufficient_privilege USING MESSAGE = 'this is for operators alone';
            END IF;
            RETURN NULL;
        END
        """,
        {
            "operator_sessions": (
                "BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {} FOR EACH STATEMENT"
            )
        },
    ),
    "flowhq_keep_sides": (
        """
        BEGIN
            IF TG_OP = 'UPDATE' AND (OLD.role = 'ADMIN') <> (NEW.role = 'ADMIN') THEN
                RAISE insufficient_privilege USING MESSAGE = 'operators are made, not promoted';
            END IF;
            IF session_user = 'flowhq_portal'
               AND 'ADMIN' IN (to_jsonb(OLD) ->> 'role', to_jsonb(NEW) ->> 'role') THEN
                RAISE insufficient_privilege USING MESSAGE = 'this is for operators alone';
            END IF;
            RETURN COALESCE(NEW, OLD);
        END
        """,
        {"users": "BEFORE INSERT OR UPDATE OR DELETE ON {} FOR EACH ROW"},
    ),
    "flowhq_of_members": (
        """
        BEGIN
            IF EXISTS (SELECT FROM users WHERE role = 'ADMIN' AND id::text IN
                       (to_jsonb(NEW) ->> 'member', to_jsonb(NEW) ->> 'inviter')) THEN
                RAISE insufficient_privilege USING MESSAGE = 'this is for members alone';
            END IF;
            RETURN NEW;
        END
        """,
        {
            "browser_sessions": "BEFORE INSERT OR UPDATE ON {} FOR EACH ROW",
            "mail_proofs": "BEFORE INSERT OR UPDATE ON {} FOR EACH ROW",
        },
    ),
    "flowhq_of_an_operator": (
        """
        BEGIN
            IF NOT EXISTS (SELECT FROM users WHERE role = 'ADMIN' AND id = NEW.operator) THEN
                RAISE insufficient_privilege USING MESSAGE = 'this is for operators alone';
            END IF;
            RETURN NEW;
        END
        """,
        {"operator_sessions": "BEFORE INSERT OR UPDATE ON {} FOR EACH ROW"},
    ),
}

FORWARDS = (
    # Whoever made them: operators sign in anew.
    "DELETE FROM browser_sessions s USING users u WHERE u.id = s.member AND u.role = 'ADMIN'",
    "DELETE FROM mail_proofs p USING users u WHERE u.id IN (p.member, p.inviter)"
    " AND u.role = 'ADMIN'",
    *hold(CHECKS),
    *(f"ALTER TABLE {check.table} VALIDATE CONSTRAINT {check.name}" for check in CHECKS),
    *(
        statement
        for name, (body, tables) in TRIGGERS.items()
        for statement in (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
            f" SET search_path = pg_catalog, public, pg_temp AS $$ {body} $$",
            f"REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC",
            *(
                f"CREATE TRIGGER {name} {when.format(table)} EXECUTE FUNCTION {name}()"
                for table, when in tables.items()
            ),
        )
    ),
    "ALTER TABLE operator_sessions ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE operator_sessions FORCE ROW LEVEL SECURITY",
    "CREATE POLICY every_row ON operator_sessions TO CURRENT_USER USING (true) WITH CHECK (true)",
    # Beside all others: those let rows through, this one lets none of an operator's.
    "CREATE POLICY no_operator ON users AS RESTRICTIVE TO flowhq_portal"
    " USING (role <> 'ADMIN') WITH CHECK (role <> 'ADMIN')",
    "CREATE INDEX operator_sessions_operator ON operator_sessions (operator)",
    "CREATE INDEX operator_sessions_over ON operator_sessions (expires_at)",
)
BACKWARDS = (
    "DROP INDEX operator_sessions_over",
    "DROP INDEX operator_sessions_operator",
    "DROP POLICY no_operator ON users",
    "DROP POLICY every_row ON operator_sessions",
    *(
        statement
        for name, (_, tables) in TRIGGERS.items()
        for statement in (
            *(f"DROP TRIGGER {name} ON {table}" for table in tables),
            f"DROP FUNCTION {name}()",
        )
    ),
    *(drop(check) for check in reversed(CHECKS)),
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def part():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def join():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(part)
    manager.add_raw_backwards(join)
    return manager
