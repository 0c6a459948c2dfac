from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-30T23:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The portal's role proves whose rows it may see, and chooses nobody's by itself"

DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
# Longer than any page takes; what a taken-over portal keeps open ends with it.
TICKET_LIFE = "interval '1 minute'"
OWN_TENANT = {
    "tenants": "id",
    "admin_audit_logs": "tenant_id",
    **dict.fromkeys(
        (
            *("tenant_configs", "whatsapp_sessions", "message_logs", "message_hours", "contacts"),
            *("outbound_messages", "early_receipts", "media_uploads", "worker_processes"),
            *("worker_credentials", "worker_incidents", "setup_requests", "portal_event_logs"),
            *("api_keys", "link_requests", "takeovers", "tenant_limits", "tenant_usages"),
        ),
        "tenant",
    ),
}


def good_proof(token_hash):
    return f"""
        SELECT 1 FROM mail_proofs p
         WHERE p.token_hash = {token_hash} AND p.used_at IS NULL AND p.expires_at > now()
    """


def list_policies(tenant, member, proof, is_owner):
    """Statements that say each policy with these words for whose rows they let through.

    Today's words are sub-selects: PostgreSQL asks for each once a statement and not once a row.
    """
    good = good_proof(proof)
    tables = {
        table: f"USING ({column} = {tenant}) WITH CHECK ({column} = {tenant})"
        for table, column in OWN_TENANT.items()
    }
    others = {
        "team ON users": f"USING (role <> 'ADMIN' AND tenant = {tenant})",
        "self ON users": f"""
            USING (role <> 'ADMIN' AND (
                id = {member}
                OR lower(email) = flowhq_word('email')
                OR id = (SELECT s.member FROM browser_sessions s WHERE s.token_hash = {proof})
                OR EXISTS ({good} AND (p.member = users.id OR lower(p.email) = lower(users.email)))
            ))
        """,
        "change ON users": f"""
            USING (role <> 'ADMIN' AND id = {member})
            WITH CHECK (role <> 'ADMIN' AND id = {member} AND (tenant IS NULL OR tenant = {tenant}))
        """,
        "sign_up ON users": f"""
            WITH CHECK (role = 'OWNER' AND tenant IS NULL
                        AND EXISTS ({good} AND p.purpose = 'SIGN_UP' AND p.email = users.email))
        """,
        "invited ON users": f"""
            WITH CHECK (EXISTS ({good} AND p.purpose = 'INVITE'
                                AND lower(p.email) = lower(users.email)
                                AND p.tenant = users.tenant AND p.role = users.role))
        """,
        "own ON browser_sessions": f"""
            USING (token_hash = {proof} OR member = {member}) WITH CHECK (member = {member})
        """,
        "seen ON mail_proofs": f"""
            USING (token_hash = {proof} OR member = {member}
                   OR (purpose = 'INVITE' AND tenant = {tenant}))
        """,
        "made ON mail_proofs": f"""
            WITH CHECK (token_hash = {proof} AND used_at IS NULL AND CASE purpose
                WHEN 'INVITE' THEN tenant = {tenant} AND role IN ('OWNER', 'STAFF')
                                   AND member IS NULL AND inviter = {member} AND {is_owner}
                                   AND flowhq_is_accepted()
                ELSE tenant IS NULL AND role IS NULL AND inviter IS NULL END)
        """,
        "used ON mail_proofs": f"""
            USING (token_hash = {proof} OR member = {member})
            WITH CHECK (used_at IS NOT NULL AND (token_hash = {proof} OR member = {member}))
        """,
        "withdrawn ON mail_proofs": f"""
            USING (purpose = 'INVITE' AND tenant = {tenant} AND {is_owner})
        """,
    }
    return (
        *(f"ALTER POLICY own_tenant ON {table} {said}" for table, said in tables.items()),
        *(f"ALTER POLICY {name} {said}" for name, said in others.items()),
    )


def take_invitation(proof):
    return f"""
        CREATE OR REPLACE FUNCTION flowhq_take_invitation(target uuid) RETURNS boolean
        LANGUAGE plpgsql {DEFINER}
        AS $$ BEGIN
            UPDATE users u SET tenant = p.tenant, role = p.role FROM mail_proofs p
             WHERE p.token_hash = {proof} AND p.used_at IS NULL
               AND p.expires_at > now() AND p.purpose = 'INVITE'
               AND u.id = target AND u.tenant IS NULL AND u.role <> 'ADMIN'
               AND lower(u.email) = lower(p.email);
            RETURN FOUND;
        END $$
    """


# Written by nobody: a ticket is text, sealed with these, and the portal's role sees neither.
KEYS = (
    "CREATE TABLE guard_keys (single boolean PRIMARY KEY DEFAULT true CHECK (single),"
    " inner_key bytea NOT NULL, outer_key bytea NOT NULL)",
    "ALTER TABLE guard_keys ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE guard_keys FORCE ROW LEVEL SECURITY",
    "CREATE POLICY every_row ON guard_keys TO CURRENT_USER USING (true) WITH CHECK (true)",
)
INNER = {
    # Whoever deletes them makes every open ticket worthless; the next one is sealed with new
    # ones. A block of SHA-256 each, of the server's own strong random numbers.
    "flowhq_make_keys()": f"""
        CREATE FUNCTION flowhq_make_keys() RETURNS void LANGUAGE sql {DEFINER}
        AS $$
            INSERT INTO guard_keys (inner_key, outer_key)
            SELECT decode(string_agg(a, ''), 'hex'), decode(string_agg(b, ''), 'hex')
              FROM (SELECT replace(gen_random_uuid()::text, '-', '') AS a,
                           replace(gen_random_uuid()::text, '-', '') AS b
                      FROM generate_series(1, 4)) AS random
            HAVING NOT EXISTS (SELECT 1 FROM guard_keys)
            ON CONFLICT DO NOTHING
        $$
    """,
    # HMAC-SHA256, with two keys of a block each in the place of the two that it makes of one.
    # Here and now: a ticket is worth nothing in another transaction, nor on another connection.
    "flowhq_seal(text)": f"""
        CREATE FUNCTION flowhq_seal(said text) RETURNS bytea LANGUAGE plpgsql STABLE {DEFINER}
        AS $$
        DECLARE keys guard_keys;
        BEGIN
            SELECT * INTO keys FROM guard_keys;
            RETURN sha256(keys.outer_key || sha256(keys.inner_key || convert_to(
                pg_backend_pid() || ' ' || extract(epoch FROM transaction_timestamp()) || ' ' || said,
                'UTF8')));
        END $$
    """,
    "flowhq_let_in(uuid, uuid)": f"""
        CREATE FUNCTION flowhq_let_in(whose uuid, who uuid) RETURNS void
        LANGUAGE plpgsql {DEFINER}
        AS $$
        DECLARE said text := concat_ws('|', coalesce(whose::text, ''), coalesce(who::text, ''),
                                       extract(epoch FROM clock_timestamp() + {TICKET_LIFE}));
        BEGIN
            IF flowhq_seal(said) IS NULL THEN PERFORM flowhq_make_keys(); END IF;
            PERFORM set_config('flowhq.ticket',
                               said || '|' || encode(flowhq_seal(said), 'hex'), true);
        END $$
    """,
}
CALLED = {
    "flowhq_hash(text)": """
        CREATE FUNCTION flowhq_hash(token text) RETURNS text LANGUAGE sql IMMUTABLE
        AS $$ SELECT encode(sha256(convert_to(token, 'UTF8')), 'hex') $$
    """,
    "flowhq_proof()": """
        CREATE FUNCTION flowhq_proof() RETURNS text LANGUAGE sql STABLE
        AS $$ SELECT flowhq_hash(flowhq_word('proof')) $$
    """,
    # [tenant, member] of the ticket of this transaction; NULL where there is none that is good.
    "flowhq_ticket()": f"""
        CREATE FUNCTION flowhq_ticket() RETURNS uuid[] LANGUAGE plpgsql STABLE {DEFINER}
        AS $$
        DECLARE
            parts text[] := string_to_array(current_setting('flowhq.ticket', true), '|');
        BEGIN
            IF cardinality(parts) IS DISTINCT FROM 4 THEN RETURN NULL; END IF;
            -- Hashed once more: how long it takes to compare tells nothing of the seal.
            IF sha256(convert_to(parts[4], 'UTF8')) IS DISTINCT FROM sha256(convert_to(encode(
                flowhq_seal(array_to_string(parts[1:3], '|')), 'hex'), 'UTF8')) THEN RETURN NULL;
            END IF;
            IF parts[3]::numeric < extract(epoch FROM clock_timestamp()) THEN RETURN NULL; END IF;
            RETURN ARRAY[nullif(parts[1], '')::uuid, nullif(parts[2], '')::uuid];
        END $$
    """,
    # The proof is the secret that the browser holds: its hash, which the table has, is none.
    "flowhq_open_session(text)": f"""
        CREATE FUNCTION flowhq_open_session(token text)
        RETURNS TABLE (opened_tenant uuid, opened_member uuid) LANGUAGE plpgsql {DEFINER}
        AS $$ BEGIN
            PERFORM set_config('flowhq.ticket', '', true);
            SELECT u.tenant, u.id INTO opened_tenant, opened_member
              FROM browser_sessions s JOIN users u ON u.id = s.member
             WHERE s.token_hash = flowhq_hash(token) AND s.expires_at > now() AND u.role <> 'ADMIN';
            IF opened_member IS NULL THEN RETURN; END IF;
            PERFORM flowhq_let_in(opened_tenant, opened_member);
            RETURN NEXT;
        END $$
    """,
    # Of an invitation the business, also before there is an account; of a link about an account
    # the account, but for a new address: that mail went to who may be a stranger.
    "flowhq_open_link(text)": f"""
        CREATE FUNCTION flowhq_open_link(token text) RETURNS boolean LANGUAGE plpgsql {DEFINER}
        AS $$
        DECLARE
            link mail_proofs;
            account users;
        BEGIN
            PERFORM set_config('flowhq.ticket', '', true), set_config('flowhq.proof', token, true);
            SELECT * INTO link FROM mail_proofs
             WHERE token_hash = flowhq_hash(token) AND used_at IS NULL AND expires_at > now();
            IF NOT FOUND THEN RETURN false; END IF;
            SELECT * INTO account FROM users u WHERE u.role <> 'ADMIN' AND CASE link.purpose
                WHEN 'RESET' THEN u.id = link.member
                WHEN 'SIGN_UP' THEN lower(u.email) = lower(link.email) AND u.tenant IS NULL
                WHEN 'INVITE' THEN lower(u.email) = lower(link.email) AND u.tenant = link.tenant
                ELSE false END;
            IF link.purpose = 'INVITE' THEN
                PERFORM flowhq_let_in(link.tenant, account.id);
            ELSIF account.id IS NOT NULL THEN
                PERFORM flowhq_let_in(account.tenant, account.id);
            END IF;
            RETURN true;
        END $$
    """,
    # shown: what hashing the password came to. It is what is kept, or the password was another.
    "flowhq_open_account(text, text)": f"""
        CREATE FUNCTION flowhq_open_account(address text, shown text) RETURNS boolean
        LANGUAGE plpgsql {DEFINER}
        AS $$
        DECLARE account users;
        BEGIN
            PERFORM set_config('flowhq.ticket', '', true);
            SELECT * INTO account FROM users
             WHERE lower(email) = lower(address) AND password_hash = shown AND role <> 'ADMIN';
            IF NOT FOUND THEN RETURN false; END IF;
            PERFORM flowhq_let_in(account.tenant, account.id);
            RETURN true;
        END $$
    """,
    # A member who has none gets a tenant of an id that nobody had.
    "flowhq_open_business(uuid)": f"""
        CREATE FUNCTION flowhq_open_business(wanted uuid) RETURNS boolean
        LANGUAGE plpgsql {DEFINER}
        AS $$ BEGIN
            IF NOT EXISTS (SELECT 1 FROM users WHERE id = flowhq_member() AND tenant IS NULL)
               OR EXISTS (SELECT 1 FROM tenants WHERE id = wanted) THEN RETURN false;
            END IF;
            PERFORM flowhq_let_in(wanted, flowhq_member());
            RETURN true;
        END $$
    """,
    # Somebody who proved nothing tried a password: a row an hour for the business to read.
    "flowhq_tell_in_vain(text, text)": f"""
        CREATE FUNCTION flowhq_tell_in_vain(address text, network text) RETURNS void
        LANGUAGE sql {DEFINER}
        AS $$
            INSERT INTO portal_event_logs (tenant, event_type, payload_json)
            SELECT u.tenant, 'sign_in_failed', jsonb_build_object(
                       'member', u.id, 'who', u.email, 'network', left(network, 64))
              FROM users u
             WHERE lower(u.email) = lower(address) AND u.role <> 'ADMIN' AND u.tenant IS NOT NULL
               AND NOT EXISTS (
                   SELECT 1 FROM portal_event_logs e WHERE e.tenant = u.tenant
                      AND e.event_type = 'sign_in_failed'
                      AND e.payload_json ->> 'member' = u.id::text
                      AND e.created_at > now() - interval '1 hour')
        $$
    """,
}
NOW = ("(SELECT flowhq_tenant())", "(SELECT flowhq_member())", "(SELECT flowhq_proof())")
BEFORE = ("flowhq_tenant()", "flowhq_member()", "flowhq_word('proof')")

FORWARDS = (
    *KEYS,
    *INNER.values(),
    *CALLED.values(),
    "SELECT flowhq_make_keys()",
    *(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC" for name in (*INNER, *CALLED)),
    *(f"GRANT EXECUTE ON FUNCTION {name} TO flowhq_portal" for name in CALLED),
    "CREATE OR REPLACE FUNCTION flowhq_tenant() RETURNS uuid LANGUAGE sql STABLE"
    " AS $$ SELECT (flowhq_ticket())[1] $$",
    "CREATE OR REPLACE FUNCTION flowhq_member() RETURNS uuid LANGUAGE sql STABLE"
    " AS $$ SELECT (flowhq_ticket())[2] $$",
    *list_policies(*NOW, "(SELECT flowhq_is_owner())"),
    take_invitation("flowhq_proof()"),
)
BACKWARDS = (
    take_invitation("flowhq_word('proof')"),
    *list_policies(*BEFORE, "flowhq_is_owner()"),
    "CREATE OR REPLACE FUNCTION flowhq_member() RETURNS uuid LANGUAGE sql STABLE"
    " AS $$ SELECT flowhq_word('member')::uuid $$",
    "CREATE OR REPLACE FUNCTION flowhq_tenant() RETURNS uuid LANGUAGE sql STABLE"
    " AS $$ SELECT NULLIF(current_setting('flowhq.tenant', true), '')::uuid $$",
    *(f"DROP FUNCTION {name}" for name in reversed((*INNER, *CALLED))),
    "DROP TABLE guard_keys",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def seal():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def unseal():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(seal)
    manager.add_raw_backwards(unseal)
    return manager
