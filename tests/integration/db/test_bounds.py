"""No column holds what its readers cannot read: found by the catalogue, so that a new column is
covered without anybody's remembering it.
"""

import re
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Any

import asyncpg
import pytest

from shared import enums
from shared.db.checks import drop, hold, settle
from shared.db.migrations.flowhq_2026_11_30t12_10_00_000000 import CHECKS
from shared.stores import audit, tenants
from tests.fakes.businesses import business

# Every column of words, by the enum that reads it.
WORDS: dict[str, type[StrEnum]] = {
    "admin_audit_logs.kind": enums.CallerKind,
    "early_receipts.kind": enums.ReceiptKind,
    "link_requests.wish": enums.LinkWish,
    "mail_proofs.purpose": enums.ProofPurpose,
    "message_hours.direction": enums.Direction,
    "message_logs.direction": enums.Direction,
    "message_logs.kind": enums.MessageKind,
    "message_logs.origin": enums.MessageOrigin,
    "operator_accounts.role": enums.OperatorRole,
    "operator_sessions.stage": enums.SignInStage,
    "outbound_messages.state": enums.OutboundState,
    "refused_events.outcome": enums.RefusalOutcome,
    "security_events.kind": enums.SecurityKind,
    "security_events.site": enums.SecuritySite,
    "setup_requests.status": enums.SetupStatus,
    "tenant_configs.language": enums.Language,
    "tenant_configs.template_type": enums.TemplateType,
    "tenant_configs.when_closed": enums.WhenClosed,
    "users.language": enums.Language,
    "users.role": enums.UserRole,
    "whatsapp_sessions.reason": enums.SessionReason,
    "whatsapp_sessions.state": enums.SessionState,
    "worker_incidents.kind": enums.IncidentKind,
    "worker_incidents.reason": enums.SessionReason,
    "worker_processes.desired_state": enums.DesiredState,
    "worker_processes.status": enums.WorkerStatus,
}
# An invitation makes no operator.
INVITED = "mail_proofs.role"
# Text that is shown, compared or handed on, and never read as one of a few words.
TEXTS = {
    *("admin_audit_logs.action", "admin_audit_logs.address", "admin_audit_logs.once_key"),
    *("audit_heads.hash", "audit_links.digest", "audit_links.hash"),
    *("admin_audit_logs.who", "security_events.source", "security_events.subject"),
    *("api_keys.key_hash", "api_keys.name", "attempt_counts.bucket", "browser_sessions.token_hash"),
    *("operator_sessions.token_hash", "operator_recovery_codes.code_hash"),
    "operator_accounts.totp_sealed",
    *("contacts.lid", "contacts.phone", "contacts.push_name", "early_receipts.wa_message_id"),
    *("mail_proofs.email", "mail_proofs.token_hash", "media_uploads.mime_type"),
    *("media_uploads.sha256", "message_logs.contact_lid", "message_logs.from_number"),
    *("message_logs.in_reply_to", "message_logs.message_text", "message_logs.to_number"),
    *("message_logs.wa_message_id", "outbound_messages.author", "outbound_messages.fingerprint"),
    *("outbound_messages.idempotency_key", "outbound_messages.reason"),
    *("outbound_messages.to_phone", "outbound_messages.wa_message_id"),
    *("portal_event_logs.event_type", "setup_requests.note", "takeovers.chat"),
    *("refused_events.digest", "refused_events.problem"),
    *("tenant_configs.business_name", "tenant_configs.time_zone", "tenants.name"),
    *("tenants.phone_number", "users.email", "users.password_hash", "whatsapp_sessions.detail"),
    *("whatsapp_accounts.comparable", "whatsapp_accounts.lid", "whatsapp_accounts.phone_number"),
    *("whatsapp_sessions.last_qr", "whatsapp_sessions.own_phone"),
    *("whatsapp_sessions.refused_lid", "whatsapp_sessions.refused_phone"),
    *("whatsapp_sessions.pairing_code", "whatsapp_sessions.pairing_phone"),
    *("worker_credentials.token_hash", "worker_incidents.container_id", "worker_incidents.detail"),
    *("worker_processes.container_id", "worker_processes.container_name"),
    *("worker_processes.image", "worker_processes.last_error", "worker_processes.spec_hash"),
}
COLUMNS = """
    SELECT c.relname || '.' || a.attname AS name, c.relname AS of_table, a.attname AS named,
           format_type(a.atttypid, NULL) AS type, c.relkind = 'r' AND (
               has_column_privilege('flowhq_portal', c.oid, a.attnum, 'INSERT')
            OR has_column_privilege('flowhq_portal', c.oid, a.attnum, 'UPDATE')) AS is_written
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
       AND NOT a.attisdropped AND c.relname <> 'migration' ORDER BY 1
"""
# What the readers of a type could not bear, or no end of it. A uuid is a uuid.
LONG = 1_000_000
HOSTILE: dict[str, list[str]] = {
    "uuid": [],
    "text": [f"repeat('x', {LONG})"],
    "integer": ["-1", "2147483647"],
    "bigint": ["-1", "9223372036854775807"],
    "timestamp with time zone": [
        *("'infinity'", "'-infinity'", "'0044-03-15 BC'", "'9999-12-31'", "'294276-12-31'"),
    ],
    "jsonb": [
        *("'1'", "'\"x\"'", "'true'", "'null'", "'[1, 2]'", "'{\"EVIL\": {\"EVIL\": [1]}}'"),
        f"jsonb_build_array(repeat('x', {LONG}))",
        f"jsonb_build_object('x', repeat('x', {LONG}))",
        f"to_jsonb(array_fill(1, ARRAY[{LONG}]))",
    ],
}  # fmt: skip
# What each holds is the tenant's to say, within its size.
ANY_OBJECT = {"portal_event_logs.payload_json": HOSTILE["jsonb"][5]}
# A row of every table that the portal's role may write.
ROWS = """
    INSERT INTO users (id, tenant, email, role) SELECT gen_random_uuid(), id,
           id || '@x.de', 'OWNER' FROM tenants;
    INSERT INTO browser_sessions (member, token_hash, expires_at)
    SELECT id, left(id::text, 8), now() + interval '1 h' FROM users;
    INSERT INTO mail_proofs (token_hash, purpose, email, expires_at)
    VALUES ('a', 'SIGN_UP', 'a@x.de', now() + interval '1 h');
    INSERT INTO attempt_counts (bucket, tries, resets_at) VALUES ('a', 1, now());
    INSERT INTO link_requests (tenant, wish) SELECT id, 'QR_ROUND' FROM tenants;
    INSERT INTO takeovers (tenant, chat) SELECT id, '1@lid' FROM tenants;
    INSERT INTO setup_requests (tenant, note) SELECT id, 'n' FROM tenants;
    INSERT INTO portal_event_logs (tenant, event_type) SELECT id, 'signed_in' FROM tenants;
    INSERT INTO outbound_messages (tenant, fingerprint, to_phone, content_json)
    SELECT id, '', '+255712300001', '{"type": "text", "text": "a"}' FROM tenants;
"""


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def test_every_column_of_text_is_one_of_words_or_one_of_text(owner):
    texts = [row["name"] for row in await owner.fetch(COLUMNS) if row["type"] == "text"]
    assert sorted(texts) == sorted([*WORDS, INVITED, *TEXTS])


@pytest.mark.parametrize("name", sorted([*WORDS, INVITED]))
async def test_a_column_of_words_takes_those_of_its_enum_and_no_other(owner, name):
    """To a new word belongs a migration: `shared.db.checks.known` writes its statements."""
    wanted = {"OWNER", "STAFF"} if name == INVITED else {str(each) for each in WORDS[name]}
    table, column = name.split(".")
    constraint = await owner.fetchrow(
        "SELECT pg_get_constraintdef(oid) AS definition, convalidated FROM pg_constraint"
        " WHERE conrelid = $1::text::regclass AND conname = $2",
        *(table, f"{table}_{column}_known"),
    )
    assert constraint is not None, f"{name} takes any text"
    assert set(re.findall(r"'(\w+)'::text", constraint["definition"])) == wanted
    assert constraint["convalidated"]


async def test_no_column_that_the_portal_writes_is_without_bounds(owner, database):  # noqa: ARG001  the stores are bound
    await tenants.create(business())
    await owner.execute(ROWS)
    taken = []
    for column in [row for row in await owner.fetch(COLUMNS) if row["is_written"]]:
        assert column["type"] in HOSTILE, f"{column['name']}: what harms a {column['type']}?"
        taken += [
            f"{column['name']} = {value}"
            for value in HOSTILE[column["type"]]
            if ANY_OBJECT.get(column["name"]) != value and await takes(owner, column, value)
        ]
    assert taken == []


async def test_no_instant_is_out_of_what_python_can_tell(owner):
    """The driver fails on such a row, and with it on all that were asked for beside it."""
    instants = [row for row in await owner.fetch(COLUMNS) if row["type"].startswith("timestamp")]
    unbounded = [
        row["name"]
        for row in instants
        if not await owner.fetchval(
            "SELECT count(*) FROM pg_constraint WHERE conrelid = $1::text::regclass"
            " AND convalidated AND conname = $2"
            " AND pg_get_constraintdef(oid) ~ ' >= .* AND .* <= '",
            *(row["of_table"], f"{row['of_table']}_{row['named']}_instant"),
        )
    ]
    assert unbounded == []


async def takes(owner: asyncpg.Connection, column: Any, value: str) -> bool:
    rows = await owner.fetchval(f"SELECT count(*) FROM {column['of_table']}")  # noqa: S608
    assert rows, f"a test's row is missing in {column['of_table']}"
    try:
        async with owner.transaction():
            await owner.execute(
                f"UPDATE {column['of_table']} SET {column['named']} = {value}"  # noqa: S608
            )
    except (
        asyncpg.CheckViolationError,
        asyncpg.NotNullViolationError,
        asyncpg.GeneratedAlwaysError,  # a row's number is the database's to say
    ):
        return False
    return True


async def test_rows_of_before_are_mended_and_told_of(owner, database):  # noqa: ARG001  the stores are bound
    """With every column at fault at once, as no row of the portal's can be any more."""
    mended, untouched = [(await tenants.create(business(number))).id for number in (1, 2)]
    await owner.execute(ROWS)
    before = await owner.fetchrow("SELECT * FROM tenant_configs WHERE tenant = $1", untouched)
    for check in CHECKS:
        await owner.execute(drop(check))
    await owner.execute(
        "UPDATE tenant_configs SET language = 'XX', template_type = 'EVIL', hours_json = '[1, 2]',"
        " texts_json = '3', time_zone = ' ', business_name = E'\\n' WHERE tenant = $1",
        mended,
    )
    for statement in (
        "UPDATE link_requests SET wish = 'EVIL' WHERE tenant = $1",
        "UPDATE users SET role = 'KING', email = repeat('x', 300) WHERE tenant = $1",
        "UPDATE outbound_messages SET content_json = '{}', due_at = 'infinity' WHERE tenant = $1",
        "UPDATE takeovers SET until = '-infinity' WHERE tenant = $1",
        "UPDATE tenants SET phone_number = 'x', name = ' ' WHERE id = $1",
        "UPDATE worker_processes SET status = 'x', desired_state = 'x' WHERE tenant = $1",
    ):
        await owner.execute(statement, mended)
    async with owner.transaction():
        for statement in (*hold(CHECKS), *map(settle, CHECKS)):
            await owner.execute(statement)
    config = (await tenants.get(mended)).config
    assert (config.language, config.hours, config.time_zone) == ("SW", {}, "Africa/Dar_es_Salaam")
    assert await owner.fetchrow("SELECT * FROM tenant_configs WHERE tenant = $1", untouched) == (
        before
    )
    message = await owner.fetchrow("SELECT state FROM outbound_messages WHERE tenant = $1", mended)
    assert message["state"] == "FAILED"
    told = await audit.list_page(limit=50)
    assert {(each.action, each.tenant_id) for each in told.items} == {("row.mended", mended)}
    assert {each.detail["name"]: each.detail["was"] for each in told.items}.items() >= {
        "tenant_configs.language": "XX",
        "tenant_configs.hours_json": "[1, 2]",
        "link_requests.wish": "EVIL",
        "users.role": "KING",
    }.items()
