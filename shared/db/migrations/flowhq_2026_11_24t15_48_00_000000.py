from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T15:48:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Who may see and change an account: its member, and who holds a proof"

# A link that is still good, by the hash of its token.
GOOD_PROOF = """
    SELECT 1 FROM mail_proofs p
     WHERE p.token_hash = flowhq_word('proof') AND p.used_at IS NULL AND p.expires_at > now()
"""

FORWARDS = (
    """
    CREATE FUNCTION flowhq_word(name text) RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT NULLIF(current_setting('flowhq.' || name, true), '') $$
    """,
    """
    CREATE FUNCTION flowhq_member() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT flowhq_word('member')::uuid $$
    """,
    *(
        f"ALTER TABLE {table} {what} ROW LEVEL SECURITY"
        for table in ("browser_sessions", "mail_proofs")
        for what in ("ENABLE", "FORCE")
    ),
    *(
        f"CREATE POLICY every_row ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)"
        for table in ("browser_sessions", "mail_proofs")
    ),
    # Whoever holds the token, the member, and what is over: that is for the broom.
    """
    CREATE POLICY own ON browser_sessions TO flowhq_portal
    USING (token_hash = flowhq_word('proof') OR member = flowhq_member() OR expires_at < now())
    WITH CHECK (member = flowhq_member())
    """,
    """
    CREATE POLICY own ON mail_proofs TO flowhq_portal
    USING (token_hash = flowhq_word('proof') OR member = flowhq_member() OR expires_at < now())
    WITH CHECK (token_hash = flowhq_word('proof'))
    """,
    # Of colleagues one sees who they are; only oneself, or a proof, changes anything. An operator
    # is nobody to the portal, not even for an operator.
    "DROP POLICY own_tenant ON users",
    """
    CREATE POLICY team ON users FOR SELECT TO flowhq_portal
    USING (role <> 'ADMIN' AND tenant = flowhq_tenant())
    """,
    f"""
    CREATE POLICY self ON users FOR SELECT TO flowhq_portal
    USING (role <> 'ADMIN' AND (
        id = flowhq_member()
        OR lower(email) = flowhq_word('email')
        OR id = (SELECT s.member FROM browser_sessions s WHERE s.token_hash = flowhq_word('proof'))
        OR EXISTS ({GOOD_PROOF} AND (p.member = users.id OR lower(p.email) = lower(users.email)))
    ))
    """,
    # The first check lets a member into a tenant, and only into the one of this transaction.
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
    f"""
    CREATE POLICY sign_up ON users FOR INSERT TO flowhq_portal
    WITH CHECK (role = 'OWNER' AND tenant IS NULL AND EXISTS (
        {GOOD_PROOF} AND p.purpose = 'SIGN_UP' AND p.email = users.email
    ))
    """,
    "GRANT INSERT (id, email, password_hash, role, language) ON users TO flowhq_portal",
    "GRANT UPDATE (email, password_hash, language, tenant) ON users TO flowhq_portal",
    "GRANT SELECT, INSERT, UPDATE (expires_at), DELETE ON browser_sessions TO flowhq_portal",
    "GRANT SELECT, INSERT, UPDATE (used_at), DELETE ON mail_proofs TO flowhq_portal",
    # It names nobody: hashes and numbers.
    "GRANT SELECT, INSERT, UPDATE, DELETE ON attempt_counts TO flowhq_portal",
    "CREATE INDEX browser_sessions_member ON browser_sessions (member)",
    "CREATE INDEX browser_sessions_over ON browser_sessions (expires_at)",
    "CREATE INDEX mail_proofs_member ON mail_proofs (member)",
    "CREATE INDEX mail_proofs_over ON mail_proofs (expires_at)",
    "CREATE INDEX attempt_counts_over ON attempt_counts (resets_at)",
)
BACKWARDS = (
    "DROP INDEX attempt_counts_over",
    "DROP INDEX mail_proofs_over",
    "DROP INDEX mail_proofs_member",
    "DROP INDEX browser_sessions_over",
    "DROP INDEX browser_sessions_member",
    "REVOKE ALL ON attempt_counts, mail_proofs, browser_sessions FROM flowhq_portal",
    "REVOKE INSERT, UPDATE ON users FROM flowhq_portal",
    *(f"DROP POLICY {name} ON users" for name in ("sign_up", "change", "self", "team")),
    "CREATE POLICY own_tenant ON users TO flowhq_portal"
    " USING (tenant = flowhq_tenant()) WITH CHECK (tenant = flowhq_tenant())",
    *(
        f"DROP POLICY {name} ON {table}"
        for table in ("browser_sessions", "mail_proofs")
        for name in ("own", "every_row")
    ),
    *(
        f"ALTER TABLE {table} {what} ROW LEVEL SECURITY"
        for table in ("browser_sessions", "mail_proofs")
        for what in ("NO FORCE", "DISABLE")
    ),
    "DROP FUNCTION flowhq_member()",
    "DROP FUNCTION flowhq_word(text)",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def protect():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def expose():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(protect)
    manager.add_raw_backwards(expose)
    return manager
