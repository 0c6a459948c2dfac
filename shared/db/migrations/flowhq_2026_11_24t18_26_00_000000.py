from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T18:26:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Owners invite, promote and remove colleagues; the last owner stays"

GOOD_INVITATION = """
    SELECT 1 FROM mail_proofs p
     WHERE p.token_hash = flowhq_word('proof') AND p.used_at IS NULL AND p.expires_at > now()
       AND p.purpose = 'INVITE'
"""
# Their owner sees every row, so each says itself whose rows it is for. What members may do to
# each other is here and not in grants: columns cannot be granted for some rows alone.
DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT"
FUNCTIONS = {
    "flowhq_set_role(uuid, text)": f"""
        CREATE FUNCTION flowhq_set_role(target uuid, wanted text) RETURNS boolean {DEFINER}
        AS $$ BEGIN
            PERFORM flowhq_begin_managing();
            IF wanted NOT IN ('OWNER', 'STAFF') THEN
                RAISE insufficient_privilege USING MESSAGE = 'no role of a member';
            END IF;
            UPDATE users SET role = wanted
             WHERE id = target AND tenant = flowhq_tenant() AND role <> 'ADMIN';
            IF NOT FOUND THEN RETURN false; END IF;
            PERFORM flowhq_end_managing();
            RETURN true;
        END $$
    """,
    "flowhq_remove_member(uuid)": f"""
        CREATE FUNCTION flowhq_remove_member(target uuid) RETURNS boolean {DEFINER}
        AS $$ BEGIN
            PERFORM flowhq_begin_managing();
            DELETE FROM users WHERE id = target AND tenant = flowhq_tenant() AND role <> 'ADMIN';
            IF NOT FOUND THEN RETURN false; END IF;
            PERFORM flowhq_end_managing();
            RETURN true;
        END $$
    """,
    "flowhq_take_invitation(uuid)": f"""
        CREATE FUNCTION flowhq_take_invitation(target uuid) RETURNS boolean {DEFINER}
        AS $$ BEGIN
            UPDATE users u SET tenant = p.tenant, role = p.role FROM mail_proofs p
             WHERE p.token_hash = flowhq_word('proof') AND p.used_at IS NULL
               AND p.expires_at > now() AND p.purpose = 'INVITE'
               AND u.id = target AND u.tenant IS NULL AND u.role <> 'ADMIN'
               AND lower(u.email) = lower(p.email);
            RETURN FOUND;
        END $$
    """,
}

FORWARDS = (
    """
    CREATE FUNCTION flowhq_is_owner() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path FROM CURRENT
    AS $$ SELECT EXISTS (SELECT 1 FROM users WHERE id = flowhq_member()
                            AND tenant = flowhq_tenant() AND role = 'OWNER') $$
    """,
    # One at a time in a business: two owners could remove each other in the same moment.
    """
    CREATE FUNCTION flowhq_begin_managing() RETURNS void LANGUAGE plpgsql
    AS $$ BEGIN
        PERFORM 1 FROM tenants WHERE id = flowhq_tenant() FOR UPDATE;
        IF NOT flowhq_is_owner() THEN
            RAISE insufficient_privilege USING MESSAGE = 'owners manage the team';
        END IF;
    END $$
    """,
    """
    CREATE FUNCTION flowhq_end_managing() RETURNS void LANGUAGE plpgsql
    AS $$ BEGIN
        IF NOT EXISTS (SELECT 1 FROM users WHERE tenant = flowhq_tenant() AND role = 'OWNER') THEN
            RAISE restrict_violation USING MESSAGE = 'the last owner stays';
        END IF;
        -- Open pages look again whether they are still for whom they were.
        PERFORM pg_notify('flowhq_tenant', flowhq_tenant()::text);
    END $$
    """,
    *FUNCTIONS.values(),
    "DROP POLICY own ON mail_proofs",
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
    f"""
    CREATE POLICY invited ON users FOR INSERT TO flowhq_portal
    WITH CHECK (EXISTS ({GOOD_INVITATION} AND lower(p.email) = lower(users.email)
                        AND p.tenant = users.tenant AND p.role = users.role))
    """,
    "GRANT INSERT (tenant) ON users TO flowhq_portal",
    "CREATE INDEX mail_proofs_tenant ON mail_proofs (tenant) WHERE tenant IS NOT NULL",
)
BACKWARDS = (
    "DROP INDEX mail_proofs_tenant",
    "REVOKE INSERT (tenant) ON users FROM flowhq_portal",
    "DROP POLICY invited ON users",
    *(f"DROP POLICY {name} ON mail_proofs" for name in ("swept", "used", "made", "seen")),
    """
    CREATE POLICY own ON mail_proofs TO flowhq_portal
    USING (token_hash = flowhq_word('proof') OR member = flowhq_member() OR expires_at < now())
    WITH CHECK (token_hash = flowhq_word('proof'))
    """,
    *(f"DROP FUNCTION {name}" for name in FUNCTIONS),
    "DROP FUNCTION flowhq_end_managing()",
    "DROP FUNCTION flowhq_begin_managing()",
    "DROP FUNCTION flowhq_is_owner()",
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
