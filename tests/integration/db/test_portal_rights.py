"""All that the portal's role may do, by the catalogue: what is new stands here, or it fails."""

from collections.abc import AsyncIterator
from itertools import groupby

import asyncpg
import pytest

from shared.stores.attempts import to_bucket
from tests.fakes.tickets import open_guard
from tests.integration.db.test_portal_role import as_portal

ALL = "*"
READ = {"SELECT": ALL}
# By table and right, the columns; of DELETE, which knows none, the whole.
RIGHTS: dict[str, dict[str, str]] = {
    "attempt_counts": {"SELECT": ALL, "INSERT": ALL, "UPDATE": ALL, "DELETE": ALL},
    "browser_sessions": {"SELECT": ALL, "INSERT": ALL, "UPDATE": "expires_at", "DELETE": ALL},
    "contacts": READ,
    "link_requests": {"SELECT": ALL, "INSERT": ALL, "UPDATE": "created_at"},
    "mail_proofs": {"SELECT": ALL, "INSERT": ALL, "UPDATE": "used_at", "DELETE": ALL},
    "message_hours": READ,
    "message_logs": READ,
    "outbound_messages": {
        "SELECT": ALL,
        "INSERT": "author content_json created_at due_at expires_at fingerprint id idempotency_key"
        " position send_at tenant to_phone",
    },
    "portal_event_logs": {"SELECT": ALL, "INSERT": "event_type payload_json tenant"},
    "setup_requests": {"SELECT": ALL, "INSERT": "note tenant"},
    "takeovers": {"SELECT": ALL, "INSERT": ALL, "UPDATE": "changed_at until"},
    "tenant_configs": {
        "SELECT": ALL,
        "INSERT": "business_name holidays_json hours_json language quiet_hours_json"
        " template_type tenant texts_json time_zone when_closed",
        "UPDATE": "business_name holidays_json hours_json language quiet_hours_json"
        " template_type texts_json time_zone when_closed",
    },
    "tenants": {"SELECT": ALL, "INSERT": "id name phone_number"},
    "users": {
        "SELECT": "created_at email id language role seq tenant",
        "INSERT": "email id language password_hash role tenant",
        "UPDATE": "email language password_hash tenant",
    },
    "whatsapp_sessions": {"SELECT": ALL, "INSERT": "tenant"},
    "worker_incidents": READ,
    "worker_processes": {"SELECT": ALL, "INSERT": "tenant"},
}
FUNCTIONS = {
    "flowhq_tenant()",
    "flowhq_word(text)",
    "flowhq_member()",
    "flowhq_is_owner()",
    "flowhq_set_role(uuid,text)",
    "flowhq_remove_member(uuid)",
    "flowhq_set_number(text)",
    "flowhq_take_invitation(uuid)",
    "flowhq_sweep_sessions(timestamp with time zone)",
    "flowhq_sweep_proofs(timestamp with time zone)",
    "flowhq_is_accepted()",
    "flowhq_note_security(text,text,text,integer)",
    "flowhq_note_foreign(uuid,text)",
    "flowhq_hash(text)",
    "flowhq_proof()",
    "flowhq_ticket()",
    "flowhq_open_session(text)",
    "flowhq_open_link(text)",
    "flowhq_open_account(text,text)",
    "flowhq_open_business(uuid)",
    "flowhq_tell_in_vain(text,text)",
    "flowhq_find_account(text)",
    "flowhq_is_password(text,text)",
    "flowhq_hold_password(uuid,text,boolean)",
    (
        "flowhq_find_messages(text,text[],text,timestamp with time zone,timestamp with time zone,"
        "timestamp with time zone,uuid,integer)"
    ),
}
# A policy more lets rows through: they are joined by OR.
POLICIES = {
    **{
        table: {"own_tenant ALL"}
        for table in (
            *("tenants", "tenant_configs", "whatsapp_sessions", "message_logs", "message_hours"),
            *("contacts", "outbound_messages", "early_receipts", "media_uploads"),
            *("worker_processes", "worker_credentials", "worker_incidents", "setup_requests"),
            *("portal_event_logs", "api_keys", "admin_audit_logs", "link_requests", "takeovers"),
            *("tenant_limits", "tenant_usages"),
        )
    },
    "users": {"team SELECT", "self SELECT", "change UPDATE", "sign_up INSERT", "invited INSERT"},
    "attempt_counts": {"own_site ALL"},
    "browser_sessions": {"own ALL"},
    "mail_proofs": {"seen SELECT", "made INSERT", "used UPDATE", "withdrawn DELETE"},
}

OURS_ALONE = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'"
GIVEN = f"""
    SELECT c.relname AS name, p.right, array_agg(a.attname::text ORDER BY a.attname) AS columns,
           has_table_privilege('flowhq_portal', c.oid, p.right) AS whole
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p ("right")
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {OURS_ALONE}
       AND has_column_privilege('flowhq_portal', c.oid, a.attnum, p.right)
     GROUP BY c.oid, c.relname, p.right
    UNION ALL
    SELECT c.relname, p.right, NULL, true
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS p ("right")
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {OURS_ALONE}
       AND has_table_privilege('flowhq_portal', c.oid, p.right)
     ORDER BY 1, 2
"""  # noqa: S608  words of ours


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def test_the_portals_role_has_these_rights_to_tables_and_no_other(owner):
    rows = await owner.fetch(GIVEN)
    given = {
        name: {row["right"]: ALL if row["whole"] else " ".join(row["columns"]) for row in of_table}
        for name, of_table in groupby(rows, key=lambda row: row["name"])
    }
    assert given == RIGHTS


async def test_it_runs_these_functions_and_no_other(owner):
    rows = await owner.fetch(
        "SELECT p.proname || '(' || array_to_string(ARRAY("  # noqa: S608  words of ours
        "   SELECT format_type(t, NULL) FROM unnest(p.proargtypes) t), ',') || ')' AS signature"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        f" WHERE {OURS_ALONE} AND has_function_privilege('flowhq_portal', p.oid, 'EXECUTE')"
        # Formulas of CHECK constraints: they see nothing but what they are given.
        " AND (p.provolatile <> 'i' OR p.prosecdef OR p.prosqlbody IS NULL)"
    )
    assert {row["signature"] for row in rows} == FUNCTIONS


async def test_it_takes_numbers_for_what_it_queues_and_sets_no_sequence(owner):
    rows = await owner.fetch(
        'SELECT c.relname AS name, p."right" FROM pg_class c'  # noqa: S608  words of ours
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " CROSS JOIN unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS p (\"right\")"
        f" WHERE c.relkind = 'S' AND {OURS_ALONE}"
        " AND has_sequence_privilege('flowhq_portal', c.oid, p.\"right\")"
    )
    assert [(row["name"], row["right"]) for row in rows] == [("message_order", "USAGE")]


@pytest.mark.parametrize(
    ("table", "columns", "values"),
    [
        pytest.param(
            "outbound_messages",
            "tenant, fingerprint, to_phone, content_json, seq",
            "flowhq_tenant(), '', '', '{}', 1",
            id="no right to the column",
        ),
        pytest.param(
            "mail_proofs",
            "token_hash, purpose, email, expires_at, seq",
            "'t', 'SIGN_UP', 'a@x', now(), 1",
            id="always generated",
        ),
    ],
)
async def test_it_numbers_no_row_itself(database_url, table, columns, values):
    portal = await asyncpg.connect(as_portal(database_url))
    try:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.GeneratedAlwaysError)):
            await portal.execute(f"INSERT INTO {table} ({columns}) VALUES ({values})")  # noqa: S608
    finally:
        await portal.close()


async def test_nobody_else_runs_what_runs_as_the_owner(owner):
    open_to_all = await owner.fetch(
        "SELECT proname FROM pg_proc, LATERAL aclexplode(coalesce(proacl, acldefault('f', proowner)"
        ")) acl WHERE prosecdef AND proname LIKE 'flowhq%' AND acl.grantee = 0"
    )
    assert open_to_all == []


async def test_these_policies_let_its_rows_through_and_no_other(owner):
    rows = await owner.fetch(
        "SELECT tablename, policyname, cmd FROM pg_policies WHERE permissive = 'PERMISSIVE'"
        " AND roles && ARRAY['flowhq_portal', 'public']::name[] ORDER BY tablename"
    )
    given = {
        name: {f"{row['policyname']} {row['cmd']}" for row in of_table}
        for name, of_table in groupby(rows, key=lambda row: row["tablename"])
    }
    assert given == POLICIES
    assert RIGHTS.keys() <= given.keys()


async def test_it_is_nothing_owns_nothing_and_belongs_to_nobody(owner):
    role = await owner.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
        " has_database_privilege(oid, current_database(), 'CREATE') AS makes_schemas,"
        " (SELECT count(*) FROM pg_auth_members WHERE member = r.oid) AS memberships,"
        " (SELECT count(*) FROM pg_class WHERE relowner = r.oid) AS tables,"
        " (SELECT count(*) FROM pg_namespace n WHERE has_schema_privilege(r.oid, n.oid, 'CREATE')"
        "   AND n.nspname !~ '^pg_') AS schemas"
        " FROM pg_roles r WHERE rolname = 'flowhq_portal'"
    )
    assert not any(role.values()), dict(role)


async def test_what_is_over_is_removed_unseen(owner, database_url):
    """Without a guard the role sees nothing: not what is over, either."""
    await owner.execute(
        "INSERT INTO users (id, email, role) VALUES (gen_random_uuid(), 'a@x.de', 'OWNER');"
        "INSERT INTO browser_sessions (member, token_hash, expires_at)"
        " SELECT id, 'over', now() - interval '1 s' FROM users UNION ALL"
        " SELECT id, 'good', now() + interval '1 h' FROM users;"
        "INSERT INTO mail_proofs (token_hash, purpose, email, expires_at)"
        " VALUES ('over', 'SIGN_UP', 'b@x.de', now() - interval '1 s'),"
        " ('good', 'SIGN_UP', 'b@x.de', now() + interval '1 h')"
    )
    portal = await asyncpg.connect(as_portal(database_url))
    try:
        for table in ("browser_sessions", "mail_proofs"):
            assert await portal.fetch(f"SELECT 1 FROM {table}") == []  # noqa: S608
        # Whatever the portal takes for over: what is good stays.
        await portal.execute(
            "SELECT flowhq_sweep_sessions('infinity'), flowhq_sweep_proofs('infinity')"
        )
    finally:
        await portal.close()
    for table in ("browser_sessions", "mail_proofs"):
        left = await owner.fetch(f"SELECT token_hash FROM {table}")  # noqa: S608
        assert [row["token_hash"] for row in left] == ["good"]


async def test_the_counts_of_other_sites_are_out_of_its_reach(owner, database_url):
    """Else it could keep operators out, or have guesses at their passwords begin anew."""
    bucket = to_bucket("operators", "password/x")
    await owner.execute(
        "INSERT INTO attempt_counts (bucket, tries, resets_at)"
        " VALUES ($1, 10, now() + interval '1 h'), ('portal/x', 10, now() + interval '1 h')",
        bucket,
    )
    portal = await asyncpg.connect(as_portal(database_url))
    try:
        seen = await portal.fetch("SELECT bucket FROM attempt_counts")
        assert [row["bucket"] for row in seen] == ["portal/x"]
        await portal.execute("UPDATE attempt_counts SET tries = 0")
        await portal.execute("DELETE FROM attempt_counts")
        made = "INSERT INTO attempt_counts (bucket, tries, resets_at) VALUES ('{}/y', 1, now())"
        moved = "; UPDATE attempt_counts SET bucket = 'operators/y'"
        for statement in (made.format("operators"), made.format("portal") + moved):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await portal.execute(statement)
    finally:
        await portal.close()
    assert await owner.fetchval("SELECT tries FROM attempt_counts WHERE bucket = $1", bucket) == 10


async def test_it_notes_what_it_likes_as_the_portal_and_only_so_much(owner, database_url):
    portal = await asyncpg.connect(as_portal(database_url))
    try:
        for statement in (
            "SELECT 1 FROM security_events",
            "INSERT INTO security_events (id, kind) VALUES (gen_random_uuid(), 'FORM_REFUSED')",
            "DELETE FROM security_events",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await portal.execute(statement)
        for kind in ("", "EVIL", "x" * 100_000):
            with pytest.raises(asyncpg.CheckViolationError):
                await portal.execute("SELECT flowhq_note_security($1, '', '', 1)", kind)
        await portal.execute(
            "SELECT flowhq_note_security('FORM_REFUSED', repeat(n::text, 100), repeat('y', 100), n)"
            " FROM generate_series(-500, 500) n"
        )
    finally:
        await portal.close()
    found = await owner.fetchrow(
        "SELECT count(*) AS rows, sum(times) AS times, max(length(source)) AS longest,"
        " array_agg(DISTINCT site) AS sites FROM security_events"
    )
    # Of a minute; it may end meanwhile.
    assert found["rows"] <= 2 * 101
    assert (found["longest"], found["sites"]) == (64, ["portal"])
    assert found["times"] == 501 + 500 * 501 // 2


async def test_it_learns_nothing_of_ids_that_are_not_its_tenants(owner, database_url):
    await owner.execute(
        "INSERT INTO tenants (id, name, phone_number) VALUES"
        " ('00000000-0000-0000-0000-000000000001', 'A', '+255712345678'),"
        " ('00000000-0000-0000-0000-000000000002', 'B', '+255712345679');"
        "INSERT INTO users (id, email, role, tenant) VALUES"
        " ('00000000-0000-0000-0000-00000000000a', 'a@x.de', 'OWNER',"
        "  '00000000-0000-0000-0000-000000000001'),"
        " ('00000000-0000-0000-0000-00000000000b', 'b@x.de', 'OWNER',"
        "  '00000000-0000-0000-0000-000000000002')"
    )
    portal = await asyncpg.connect(as_portal(database_url))
    try:
        async with portal.transaction():
            await open_guard(portal, tenant="00000000-0000-0000-0000-000000000001")
            said = [
                await portal.fetchval(
                    f"SELECT flowhq_note_foreign('00000000-0000-0000-0000-00000000000{end}', 'x')"
                )
                for end in "abc"
            ]
    finally:
        await portal.close()
    assert set(said) == {""} or set(said) == {None}
    rows = await owner.fetch("SELECT kind, source, subject, times FROM security_events")
    assert [tuple(row) for row in rows] == [
        ("FOREIGN_ID", "x", "00000000-0000-0000-0000-000000000001", 1)
    ]
