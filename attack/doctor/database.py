"""How the database lets roles in, and what the portal's may do."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg

from attack.doctor.findings import Finding, judge, unknown
from attack.doctor.scene import Scene
from attack.sql.session import ROLE

CONNECT_TIME = 5
WEAK = {"trust", "password", "md5", "ident"}
RULES = "SELECT line_number, type, user_name, auth_method, error FROM pg_hba_file_rules"
POWERS = "SELECT * FROM pg_roles WHERE rolname = $1"
MEMBERSHIPS = """
    SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
     WHERE m.member = $1::regrole
"""
# Whatever is not a matter of policies: it has no business there at all.
FORBIDDEN = """
    SELECT c.relname FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
       AND c.relname = ANY ($2::text[])
       AND (has_table_privilege($1, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
            OR has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE'))
"""
# What it may use at all is held by policies.
UNFENCED = """
    SELECT c.relname FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
       AND has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE')
       AND NOT c.relrowsecurity
"""
HIDDEN = [
    *("worker_credentials", "api_keys", "admin_audit_logs", "guard_keys"),
    *("operator_accounts", "operator_sessions"),
]


async def look(scene: Scene) -> Iterable[Finding]:
    database = scene.target.database if scene.target is not None else None
    names = ("database's ways in", "portal's role")
    if database is None:
        return [unknown(name, "there is no way to the database from here") for name in names]
    try:
        connection = await asyncpg.connect(database.owner, timeout=CONNECT_TIME)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return [unknown(name, f"the database does not answer: {error}") for name in names]
    try:
        return [await _look_at_ways(connection), await _look_at_role(connection)]
    finally:
        await connection.close()


async def _look_at_ways(connection: asyncpg.Connection) -> Finding:
    name = "database's ways in"
    try:
        rules = await connection.fetch(RULES)
    except asyncpg.InsufficientPrivilegeError:
        return unknown(name, "only a superuser of the database is told", "look at its pg_hba.conf")
    listening = await connection.fetchval("SHOW listen_addresses")
    methods = sorted({str(rule["auth_method"]) for rule in rules if rule["auth_method"]})
    return judge(
        name,
        judge_rules([dict(rule) for rule in rules], has_addresses=bool(listening)),
        fine=f"every role shows who it is: {', '.join(methods)}; addresses: {listening or 'none'}",
        do="say peer or scram-sha-256 in pg_hba.conf; ./scripts/up writes its own at each start",
    )


def judge_rules(rules: Sequence[Mapping[str, Any]], *, has_addresses: bool) -> list[str]:
    """has_addresses: without one, by which nobody comes, only rules for the socket count."""
    problems = [
        f"line {rule['line_number']} asks {', '.join(rule['user_name'] or ['nobody'])}"
        f" for nothing that holds: {rule['auth_method']}"
        for rule in rules
        if rule["auth_method"] in WEAK and (has_addresses or rule["type"] == "local")
    ]
    return problems + [str(rule["error"]) for rule in rules if rule["error"]]


async def _look_at_role(connection: asyncpg.Connection) -> Finding:
    row = await connection.fetchrow(POWERS, ROLE)
    if row is None:
        return unknown("portal's role", f"there is no {ROLE}")
    powers = ("super", "createrole", "createdb", "replication", "bypassrls")
    problems = [f"it has {power}" for power in powers if row[f"rol{power}"]]
    for query, arguments, problem in (
        (MEMBERSHIPS, (ROLE,), "it is a member of"),
        (FORBIDDEN, (ROLE, HIDDEN), "it has rights to"),
        (UNFENCED, (ROLE,), "no row policy is on"),
    ):
        problems += [f"{problem} {each[0]}" for each in await connection.fetch(query, *arguments)]
    return judge(
        "portal's role",
        problems,
        fine=f"{ROLE}: no power of its own, rows by policy, none of {', '.join(HIDDEN)}",
        do="run python -m shared.db migrate as a superuser, and see who changed its rights",
    )
