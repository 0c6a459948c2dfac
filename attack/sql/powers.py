"""What the portal's role could become: the owner, an operator, another tenant's member."""

import itertools
from collections.abc import Iterable
from hashlib import sha256

import asyncpg
import msgspec

from attack.checks import Check, Outcome
from attack.errors import NotTriedError
from attack.ground import DASHBOARD_SIGN_IN, Ground
from attack.sites.answers import CANARY
from attack.sql.catalogue import Function, Table, list_functions, list_tables, picture
from attack.sql.session import (
    REFUSALS,
    ROLE,
    as_owner,
    as_portal,
    open_guard,
    say,
    signed_in,
    undone,
)

# Rows that this transaction has written so far, in any table.
_CHANGES = (
    "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"
)
# More than that of one function says nothing new.
MOST_CALLS = 60
ESCALATIONS = (
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = replica",
    "CREATE TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "CREATE EXTENSION plpgsql SCHEMA public",
    "CREATE ROLE mine SUPERUSER",
    "ALTER ROLE flowhq_portal SUPERUSER",
    "ALTER ROLE flowhq_portal BYPASSRLS",
    "ALTER TABLE tenants DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE message_logs NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY own_tenant ON message_logs",
    "CREATE POLICY mine ON message_logs USING (true)",
    "GRANT SELECT ON worker_credentials TO flowhq_portal",
    "CREATE TRIGGER mine BEFORE INSERT ON tenants EXECUTE FUNCTION flowhq_tell_tenant()",
    "DELETE FROM message_logs",
    "TRUNCATE attempt_counts",
    "UPDATE worker_processes SET desired_state = 'REMOVED'",
    "UPDATE setup_requests SET status = 'APPROVED'",
    "UPDATE users SET role = 'ADMIN'",
    "SELECT * FROM worker_credentials",
    "SELECT * FROM api_keys",
    "SELECT * FROM admin_audit_logs",
    "SELECT rolpassword FROM pg_authid",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "COPY tenants TO PROGRAM 'true'",
    "COPY tenants FROM '/etc/passwd'",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user",
    "SELECT pg_reload_conf()",
    "ALTER SYSTEM SET log_statement = 'all'",
    "VACUUM FULL pg_class",
)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """token: of the session that opens the guard, or none. own: ids of its tenant, which an
    answer may name.
    """

    function: Function
    values: tuple[object, ...]
    token: str | None
    own: set[str]


async def escalation(ground: Ground) -> Outcome:
    async with (
        as_owner(ground) as owner,
        as_portal(ground) as portal,
        signed_in(owner, ground.beta.ids["owner_id"]) as token,
    ):
        breaches = []
        for statement in ESCALATIONS:
            try:
                async with undone(portal):
                    await open_guard(portal, token)
                    await portal.execute(statement)
            except REFUSALS:
                continue
            breaches.append(f"taken: {statement}")
    return Outcome(saw=f"{len(ESCALATIONS)} statements that are the owner's", breaches=breaches)


async def functions(ground: Ground) -> Outcome:
    """Every function that it may call, with what is another tenant's."""
    beta = ground.beta
    async with as_owner(ground) as owner, signed_in(owner, beta.ids["owner_id"]) as good:
        own = {str(row["id"]) for row in await _list_ids(owner, beta.id)}
        tables = await list_tables(owner)
        before = await picture(owner, tables, ground.alpha.id)
        listed = await list_functions(owner)
        breaches, tried = [], 0
        for function in listed:
            for values in _choose(_arguments(function, ground)):
                tried += 1
                for token in (None, good):
                    call = Call(function=function, values=values, token=token, own=own)
                    wrong = await _try(owner, call, ground, tables=tables, before=before)
                    breaches += [f"{function.name}{values}: {wrong}"] if wrong else []
    definers = sum(each.is_definer for each in listed)
    saw = f"{tried} calls of {len(listed)} functions, {definers} of them with the owner's rights"
    return Outcome(saw=saw, breaches=breaches)


async def operators_session(ground: Ground) -> Outcome:
    """A session that the portal's role makes for an operator, shown to the dashboard."""
    known = await ground.call("GET", "/admin/operators")
    mine = [each["id"] for each in known["items"] if ground.run_id in each["email"]]
    if not mine:
        raise NotTriedError("the attack has no operator")
    token = f"fhs_{ground.run_id}{'A' * 35}"
    made = []
    async with as_portal(ground) as portal:
        for table in await _session_tables(portal):
            try:
                async with portal.transaction():
                    await say(portal, member=mine[0])
                    await portal.execute(
                        f"INSERT INTO {table} (member, token_hash, expires_at)"
                        " VALUES ($1::uuid, $2, now() + interval '1 hour')",
                        mine[0],
                        sha256(token.encode()).hexdigest(),
                    )
            except REFUSALS:
                continue
            made.append(table)
    browser = await ground.browser("an operator by SQL", is_operator=True)
    breaches = []
    for name in ground.known("operator").session_cookies():
        browser.client.cookies.set(name, token)
        answer = await browser.knock("GET", "/dashboard")
        if not answer.location.startswith(DASHBOARD_SIGN_IN):
            breaches.append(f"the dashboard let it in ({answer.status}), as {name}")
    breaches += [f"{table} took a session of an operator" for table in made]
    return Outcome(
        saw="a session row with an operator's id, written by the portal", breaches=breaches
    )


async def notifications(ground: Ground) -> Outcome:
    """What the control plane listens for, told by the portal with words that are no tenant."""
    words = ("", "EVIL", ground.alpha.id[:-1], "0" * 7000, f"{ground.alpha.id} EVIL", "\N{BOMB}")
    channels = ("flowhq_tenant", "flowhq_request", "flowhq_config", "flowhq_takeover")
    async with as_portal(ground) as portal:
        for channel in channels:
            for word in words:
                await portal.execute("SELECT pg_notify($1, $2)", channel, word)
    # Each is heard at once; a process that ends over it is found after the check.
    await ground.call("GET", "/admin/tenants")
    return Outcome(saw=f"{len(channels) * len(words)} notifications on {len(channels)} channels")


async def _session_tables(portal: asyncpg.Connection) -> list[str]:
    rows = await portal.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relkind = 'r' AND a.attname = 'token_hash' AND EXISTS (SELECT 1 FROM pg_attribute"
        " b WHERE b.attrelid = c.oid AND b.attname = 'member') AND EXISTS (SELECT 1 FROM"
        " pg_attribute b WHERE b.attrelid = c.oid AND b.attname = 'expires_at')"
    )
    return [str(row["relname"]) for row in rows if row["relname"] != "mail_proofs"]


def _arguments(function: Function, ground: Ground) -> Iterable[tuple[object, ...]]:
    """Values of every type, most of them another tenant's."""
    alpha = ground.alpha
    uuids = [
        None,
        *(alpha.ids[n] for n in ("member_id", "owner_id", "log_id") if n in alpha.ids),
        alpha.id,
    ]
    by_type: dict[str, list[object]] = {
        "uuid": list(uuids),
        "text": [None, "", alpha.said, "OWNER", "ADMIN", "'; SELECT 1 --"],
        "text[]": [None, [], [alpha.customer]],
        "timestamp with time zone": [None, "infinity"],
        "integer": [None, 50, -1],
        "bigint": [None, -1],
        "boolean": [None, True],
        "jsonb": [None, "{}"],
    }
    return itertools.product(*(by_type.get(each, [None]) for each in function.types))


async def _try(
    owner: asyncpg.Connection,
    call: Call,
    ground: Ground,
    *,
    tables: list[Table],
    before: dict[str, str],
) -> str:
    """As the role, over the owner's connection: which sees what was changed, until it is undone."""
    given = ", ".join(f"${n}::text::{kind}" for n, kind in enumerate(call.function.types, 1))
    # As parameters: a server that logs what fails logs no words of ours.
    values = [None if value is None else _to_text(value) for value in call.values]
    try:
        async with undone(owner):
            changes = await owner.fetchval(_CHANGES)
            if call.token is not None:
                await open_guard(owner, call.token)
            await owner.execute(f"SET LOCAL ROLE {ROLE}")
            rows = await owner.fetch(f"SELECT {call.function.name}({given})::text AS seen", *values)
            await owner.execute("RESET ROLE")
            if await owner.fetchval(_CHANGES) != changes:
                after = await picture(owner, tables, ground.alpha.id)
                changed = [name for name in before if before[name] != after[name]]
                if changed:
                    return f"rows of another tenant were changed, in {', '.join(changed)}"
    except REFUSALS:
        return ""
    return _judge(" ".join(str(row["seen"]) for row in rows), call, ground)


def _judge(seen: str, call: Call, ground: Ground) -> str:
    found = ground.alpha.own & {*CANARY.findall(seen)}
    named = {each for each in ground.alpha.ids.values() if each and each in seen} - call.own
    is_echo = (named | found) <= {str(value) for value in call.values}
    return "" if is_echo else f"answered with {sorted(found | named)}"


def _choose(combinations: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """As many as are tried of one function, from all over what there is."""
    everything = list(itertools.islice(combinations, 20_000))
    step = max(1, len(everything) // MOST_CALLS)
    return everything[::step]


def _to_text(value: object) -> str:
    """As PostgreSQL reads it: a list is an array."""
    if isinstance(value, list):
        return "{" + ",".join(f'"{item}"' for item in value) + "}"
    return str(value)


async def _list_ids(owner: asyncpg.Connection, tenant_id: str) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await owner.fetch(
        "SELECT id FROM message_logs WHERE tenant = $1::uuid"
        " UNION SELECT id FROM users WHERE tenant = $1::uuid",
        tenant_id,
    )
    return rows


CHECKS = [
    Check(
        name="sql.escalation",
        fence="the rights of the role flowhq_portal (shared/db/migrations)",
        expects="a refusal of every statement that is the owner's",
        attack=escalation,
    ),
    Check(
        name="sql.functions",
        fence="functions with the owner's rights (shared/db/migrations)",
        expects="nothing of another tenant told or changed, whatever a function is called with",
        attack=functions,
    ),
    Check(
        name="sql.operators-session",
        fence="sessions of operators apart from members' (shared/db/migrations)",
        expects="a refusal of a session for an operator, by the database and by the dashboard",
        attack=operators_session,
    ),
    Check(
        name="sql.notifications",
        fence="listeners (shared/db/listening.py)",
        expects="a control plane that hears nonsense and goes on",
        attack=notifications,
    ),
]
