"""Breaches planted in the database: each is found by the check that is for it, and named."""

import pytest

from attack.checks import Outcome
from attack.sql import domains, powers, rows, tickets
from attack.sql.domains import try_all


def is_named(outcome: Outcome, *words: str) -> bool:
    return any(all(word in line for word in words) for line in outcome.breaches)


@pytest.mark.parametrize(
    "attack",
    [
        *(rows.without_guard, rows.with_own_guard, powers.escalation),
        *(tickets.choosing_a_tenant, tickets.bad_proofs, tickets.replayed),
    ],
)
async def test_a_database_as_it_should_be_holds(ground, attack):
    outcome = await attack(ground)
    assert (outcome.breaches, outcome.untried) == ([], "")


async def test_functions_as_they_should_be_hold(ground):
    outcome = await powers.functions(ground)
    assert outcome.breaches == []
    assert ", 0 of them" not in outcome.saw


async def test_row_policies_that_are_off_are_found(ground, plant):
    await plant("ALTER TABLE message_logs DISABLE ROW LEVEL SECURITY")
    assert is_named(await rows.without_guard(ground), "message_logs")
    found = await rows.with_own_guard(ground)
    assert is_named(found, "message_logs", "was read", ground.alpha.said)
    assert is_named(found, "message_logs", "counted")


async def test_a_policy_that_lets_everybody_through_is_found(ground, plant):
    await plant("CREATE POLICY oops ON contacts TO flowhq_portal USING (true)")
    row = f"'{ground.alpha.id}', '+255754000009', '{ground.alpha.canary}'"
    await plant(f"INSERT INTO contacts (tenant, phone, push_name) VALUES ({row})")  # noqa: S608
    assert is_named(await rows.with_own_guard(ground), "contacts", ground.alpha.canary)


async def test_a_policy_that_lets_others_write_is_found(ground, plant):
    await plant("CREATE POLICY oops ON takeovers FOR UPDATE TO flowhq_portal USING (true)")
    row = f"'{ground.alpha.id}', '+255754000009', now(), now()"
    await plant(
        "CREATE POLICY seen ON takeovers FOR SELECT TO flowhq_portal USING (true)",
        f"INSERT INTO takeovers (tenant, chat, until, changed_at) VALUES ({row})",  # noqa: S608
    )
    assert is_named(await rows.with_own_guard(ground), "takeovers", "changed")


async def test_a_foreign_row_is_found(ground, plant):
    """One tenant's words in a row of another one: nothing is wrong with the policies."""
    changed = f"business_name = '{ground.alpha.canary}' WHERE tenant = '{ground.beta.id}'"
    await plant(f"UPDATE tenant_configs SET {changed}")  # noqa: S608
    assert is_named(await rows.with_own_guard(ground), "tenant_configs", ground.alpha.canary)


async def test_a_function_that_forgets_whose_rows_it_reads_is_found(ground, plant):
    await plant(
        "CREATE FUNCTION flowhq_oops(word text) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT message_text FROM message_logs'",
        "GRANT EXECUTE ON FUNCTION flowhq_oops TO flowhq_portal",
    )
    assert is_named(await powers.functions(ground), "flowhq_oops", ground.alpha.said)


async def test_a_function_that_changes_what_is_anothers_is_found(ground, plant):
    await plant(
        "CREATE FUNCTION flowhq_oops(target uuid) RETURNS void LANGUAGE sql SECURITY DEFINER"
        " AS 'DELETE FROM users WHERE id = target'",
        "GRANT EXECUTE ON FUNCTION flowhq_oops TO flowhq_portal",
    )
    assert is_named(await powers.functions(ground), "flowhq_oops", "changed", "users")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("GRANT SELECT ON worker_credentials TO flowhq_portal", "worker_credentials"),
        ("GRANT DELETE ON message_logs TO flowhq_portal", "DELETE FROM message_logs"),
        ("GRANT UPDATE (status) ON setup_requests TO flowhq_portal", "setup_requests"),
        ("GRANT CREATE ON SCHEMA public TO flowhq_portal", "CREATE TABLE"),
        ("GRANT SELECT ON admin_audit_logs TO flowhq_portal", "admin_audit_logs"),
    ],
)
async def test_a_right_too_many_is_found(ground, plant, given, named):
    await plant(given)
    try:
        assert is_named(await powers.escalation(ground), named)
    finally:
        await plant(given.replace("GRANT", "REVOKE").replace(" TO ", " FROM "))


BY_NAME = "SELECT ARRAY[nullif(current_setting('flowhq.{}', true), '')::uuid, NULL]"
PARTS = "string_to_array(nullif(current_setting('flowhq.ticket', true), ''), '|')"


@pytest.mark.parametrize(
    ("ticket", "attack", "named"),
    [
        pytest.param(
            BY_NAME.format("tenant"),
            tickets.choosing_a_tenant,
            "by its name",
            id="as it was before",
        ),
        pytest.param(
            f"SELECT ARRAY[({PARTS})[1], ({PARTS})[2]]::uuid[] WHERE cardinality({PARTS}) = 4",
            tickets.choosing_a_tenant,
            "another's seal",
            id="the seal is not looked at",
        ),
        pytest.param(
            f"SELECT ARRAY[({PARTS})[1], ({PARTS})[2]]::uuid[] WHERE cardinality({PARTS}) = 4",
            tickets.replayed,
            "another connection",
            id="nor where it was made",
        ),
    ],
)
async def test_a_guard_that_opens_without_a_ticket_is_found(ground, plant, ticket, attack, named):
    await plant(
        "CREATE OR REPLACE FUNCTION flowhq_ticket() RETURNS uuid[] LANGUAGE sql STABLE"
        f" SECURITY DEFINER AS $$ {ticket} $$"
    )
    assert is_named(await attack(ground), named)


async def test_a_session_that_is_opened_by_its_hash_is_found(ground, plant):
    await plant(
        "CREATE OR REPLACE FUNCTION flowhq_hash(token text) RETURNS text LANGUAGE sql IMMUTABLE"
        " AS 'SELECT CASE WHEN token ~ ''^[0-9a-f]{64}$'' THEN token"
        " ELSE encode(sha256(convert_to(token, ''UTF8'')), ''hex'') END'"
    )
    assert is_named(await tickets.bad_proofs(ground), "its hash")


async def test_a_session_that_never_ends_is_found(ground, plant):
    await plant(
        "CREATE OR REPLACE FUNCTION flowhq_open_session(token text)"
        " RETURNS TABLE (opened_tenant uuid, opened_member uuid) LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT u.tenant, u.id FROM browser_sessions s JOIN users u ON u.id = s.member"
        " WHERE s.token_hash = flowhq_hash(token)'"
    )
    assert is_named(await tickets.bad_proofs(ground), "that is over")


async def test_a_constraint_that_was_dropped_is_found(ground, plant):
    await plant(
        "DO $$ DECLARE each record; BEGIN FOR each IN SELECT conname FROM pg_constraint"
        " WHERE conrelid = 'link_requests'::regclass AND contype = 'c' LOOP"
        " EXECUTE format('ALTER TABLE link_requests DROP CONSTRAINT %I', each.conname);"
        " END LOOP; END $$"
    )
    assert is_named(await domains.domains(ground), "link_requests.wish", "EVIL")


async def test_a_constraint_that_stands_is_not_told_of(ground, plant):
    await plant(
        "ALTER TABLE link_requests DROP CONSTRAINT IF EXISTS planted",
        "ALTER TABLE link_requests ADD CONSTRAINT planted"
        " CHECK (wish IN ('QR_ROUND', 'PAIRING_CODE'))",
    )
    assert not is_named(await domains.domains(ground), "link_requests.wish")


async def test_every_column_that_the_role_may_write_is_tried(ground):
    tried = await try_all(ground)
    assert tried.untried == []
    assert tried.attempts > 200
