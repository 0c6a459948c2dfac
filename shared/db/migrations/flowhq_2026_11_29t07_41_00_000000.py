from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-29T07:41:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The portal's role sees nothing that is over, and may do what it does and no more"

DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
GOOD_PROOF = """
    SELECT 1 FROM mail_proofs p
     WHERE p.token_hash = flowhq_word('proof') AND p.used_at IS NULL AND p.expires_at > now()
"""
# What row policies and stores of the portal call; all else runs in triggers or within these.
CALLED = (
    "flowhq_tenant()",
    "flowhq_word(text)",
    "flowhq_member()",
    "flowhq_is_owner()",
    "flowhq_set_role(uuid, text)",
    "flowhq_remove_member(uuid)",
    "flowhq_take_invitation(uuid)",
    "flowhq_sweep_sessions(timestamptz)",
    "flowhq_sweep_proofs(timestamptz)",
)
INNER = (
    "flowhq_begin_managing()",
    "flowhq_end_managing()",
    "flowhq_tell_tenant()",
    "flowhq_tell_request()",
    "flowhq_tell_config()",
)
# As shared/stores/outbound.py queues; what becomes of a message is the control plane's to say.
QUEUED = (
    "id, tenant, idempotency_key, position, fingerprint, author, to_phone, content_json, send_at,"
    " due_at, expires_at, created_at"
)


def set_role(on_demotion):
    return f"""
        CREATE OR REPLACE FUNCTION flowhq_set_role(target uuid, wanted text) RETURNS boolean
        LANGUAGE plpgsql {DEFINER}
        AS $$ BEGIN
            PERFORM flowhq_begin_managing();
            IF wanted NOT IN ('OWNER', 'STAFF') THEN
                RAISE insufficient_privilege USING MESSAGE = 'no role of a member';
            END IF;
            UPDATE users SET role = wanted
             WHERE id = target AND tenant = flowhq_tenant() AND role <> 'ADMIN';
            IF NOT FOUND THEN RETURN false; END IF;
            {on_demotion}
            PERFORM flowhq_end_managing();
            RETURN true;
        END $$
    """


def sweep(name, table):
    return f"""
        CREATE FUNCTION {name}(before timestamptz) RETURNS void LANGUAGE sql {DEFINER}
        AS $$ DELETE FROM {table} WHERE expires_at < least(before, now()) $$
    """


SWEEPS = {"flowhq_sweep_sessions": "browser_sessions", "flowhq_sweep_proofs": "mail_proofs"}
FORWARDS = (
    # Who is no owner any more invited nobody: else an invitation to oneself would be the way back.
    set_role(
        "IF wanted = 'STAFF' THEN DELETE FROM mail_proofs"
        " WHERE inviter = target AND purpose = 'INVITE'; END IF;"
    ),
    *(sweep(name, table) for name, table in SWEEPS.items()),
    *(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC" for name in (*CALLED, *INNER)),
    *(f"GRANT EXECUTE ON FUNCTION {name} TO flowhq_portal" for name in CALLED),
    "DROP POLICY own ON browser_sessions",
    """
    CREATE POLICY own ON browser_sessions TO flowhq_portal
    USING (token_hash = flowhq_word('proof') OR member = flowhq_member())
    WITH CHECK (member = flowhq_member())
    """,
    *(f"DROP POLICY {name} ON mail_proofs" for name in ("seen", "made", "used", "swept")),
    """
    CREATE POLICY seen ON mail_proofs FOR SELECT TO flowhq_portal
    USING (token_hash = flowhq_word('proof') OR member = flowhq_member()
           OR (purpose = 'INVITE' AND tenant = flowhq_tenant()))
    """,
    """
    CREATE POLICY made ON mail_proofs FOR INSERT TO flowhq_portal
    WITH CHECK (token_hash = flowhq_word('proof') AND used_at IS NULL AND CASE purpose
        WHEN 'INVITE' THEN tenant = flowhq_tenant() AND role IN ('OWNER', 'STAFF')
                           AND member IS NULL AND inviter = flowhq_member() AND flowhq_is_owner()
        ELSE tenant IS NULL AND role IS NULL AND inviter IS NULL END)
    """,
    # By who holds it, or by whose account it is about: once, and not back again.
    """
    CREATE POLICY used ON mail_proofs FOR UPDATE TO flowhq_portal
    USING (token_hash = flowhq_word('proof') OR member = flowhq_member())
    WITH CHECK (used_at IS NOT NULL
                AND (token_hash = flowhq_word('proof') OR member = flowhq_member()))
    """,
    """
    CREATE POLICY withdrawn ON mail_proofs FOR DELETE TO flowhq_portal
    USING (purpose = 'INVITE' AND tenant = flowhq_tenant() AND flowhq_is_owner())
    """,
    # A proof shows whose it is; what is changed is changed as that member.
    "DROP POLICY change ON users",
    """
    CREATE POLICY change ON users FOR UPDATE TO flowhq_portal
    USING (role <> 'ADMIN' AND id = flowhq_member())
    WITH CHECK (role <> 'ADMIN' AND id = flowhq_member()
                AND (tenant IS NULL OR tenant = flowhq_tenant()))
    """,
    "REVOKE INSERT, UPDATE ON outbound_messages FROM flowhq_portal",
    f"GRANT INSERT ({QUEUED}) ON outbound_messages TO flowhq_portal",
    "CREATE INDEX mail_proofs_inviter ON mail_proofs (inviter) WHERE inviter IS NOT NULL",
)
BACKWARDS = (
    "DROP INDEX mail_proofs_inviter",
    f"REVOKE INSERT ({QUEUED}) ON outbound_messages FROM flowhq_portal",
    "GRANT INSERT, UPDATE ON outbound_messages TO flowhq_portal",
    "DROP POLICY change ON users",
    f"""
    CREATE POLICY change ON users FOR UPDATE TO flowhq_portal
    USING (role <> 'ADMIN' AND (
        id = flowhq_member() OR EXISTS ({GOOD_PROOF} AND p.member = users.id)
    ))
    WITH CHECK (role <> 'ADMIN' AND (
        (id = flowhq_member() AND (tenant IS NULL OR tenant = flowhq_tenant()))
        OR EXISTS ({GOOD_PROOF} AND p.member = users.id AND p.purpose = 'RESET')
    ))
    """,
    *(f"DROP POLICY {name} ON mail_proofs" for name in ("withdrawn", "used", "made", "seen")),
    """
    CREATE POLICY seen ON mail_proofs FOR SELECT TO flowhq_portal
    USING (token_hash = flowhq_word('proof') OR member = flowhq_member() OR expires_at < now()
           OR (purpose = 'INVITE' AND tenant = flowhq_tenant()))
    """,
    """
    CREATE POLICY made ON mail_proofs FOR INSERT TO flowhq_portal
    WITH CHECK (token_hash = flowhq_word('proof') AND CASE purpose
        WHEN 'INVITE' THEN tenant = flowhq_tenant() AND role IN ('OWNER', 'STAFF')
                           AND member IS NULL AND flowhq_is_owner()
        ELSE tenant IS NULL AND role IS NULL END)
    """,
    """
    CREATE POLICY used ON mail_proofs FOR UPDATE TO flowhq_portal
    USING (token_hash = flowhq_word('proof')) WITH CHECK (token_hash = flowhq_word('proof'))
    """,
    """
    CREATE POLICY swept ON mail_proofs FOR DELETE TO flowhq_portal
    USING (expires_at < now()
           OR (purpose = 'INVITE' AND tenant = flowhq_tenant() AND flowhq_is_owner()))
    """,
    "DROP POLICY own ON browser_sessions",
    """
    CREATE POLICY own ON browser_sessions TO flowhq_portal
    USING (token_hash = flowhq_word('proof') OR member = flowhq_member() OR expires_at < now())
    WITH CHECK (member = flowhq_member())
    """,
    *(f"REVOKE EXECUTE ON FUNCTION {name} FROM flowhq_portal" for name in CALLED),
    *(f"GRANT EXECUTE ON FUNCTION {name} TO PUBLIC" for name in (*CALLED, *INNER)),
    *(f"DROP FUNCTION {name}(timestamptz)" for name in SWEEPS),
    set_role(""),
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def narrow():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def widen():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(narrow)
    manager.add_raw_backwards(widen)
    return manager
