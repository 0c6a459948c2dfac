from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-30T23:58:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The portal's role reads no hash of a password: it has to show it"

DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
SEEN = "id, seq, tenant, role, email, language, created_at"
FUNCTIONS = {
    # What to hash a password with, and not what comes of it. Also of an address without an
    # account a page must not know sooner: it asks for both, whatever this answers.
    "flowhq_find_account(text)": f"""
        CREATE FUNCTION flowhq_find_account(address text)
        RETURNS TABLE (id uuid, tenant uuid, role text, email text, language text, salt text)
        LANGUAGE sql STABLE {DEFINER}
        AS $$
            SELECT u.id, u.tenant, u.role, u.email, u.language,
                   CASE WHEN u.password_hash LIKE '$argon2%'
                        THEN regexp_replace(u.password_hash, '\\$[^$]*$', '') END
              FROM users u WHERE lower(u.email) = lower(address) AND u.role <> 'ADMIN'
        $$
    """,
    "flowhq_is_password(text, text)": f"""
        CREATE FUNCTION flowhq_is_password(address text, shown text) RETURNS boolean
        LANGUAGE sql STABLE {DEFINER}
        AS $$
            SELECT EXISTS (SELECT 1 FROM users WHERE lower(email) = lower(address)
                              AND password_hash = shown AND role <> 'ADMIN')
        $$
    """,
    # Until the transaction ends, as it was shown: whoever changes it at this moment is waited for.
    "flowhq_hold_password(uuid, text, boolean)": f"""
        CREATE FUNCTION flowhq_hold_password(who uuid, shown text, is_to_change boolean)
        RETURNS boolean LANGUAGE plpgsql {DEFINER}
        AS $$ BEGIN
            IF is_to_change THEN
                PERFORM 1 FROM users WHERE id = who AND password_hash = shown FOR NO KEY UPDATE;
            ELSE
                PERFORM 1 FROM users WHERE id = who AND password_hash = shown FOR SHARE;
            END IF;
            RETURN FOUND;
        END $$
    """,
}
GOOD_PROOF = """
    SELECT 1 FROM mail_proofs p
     WHERE p.token_hash = (SELECT flowhq_proof()) AND p.used_at IS NULL AND p.expires_at > now()
"""


def policy(also):
    return f"""
        ALTER POLICY self ON users USING (role <> 'ADMIN' AND (
            id = (SELECT flowhq_member()) {also}
            OR id = (SELECT s.member FROM browser_sessions s
                      WHERE s.token_hash = (SELECT flowhq_proof()))
            OR EXISTS ({GOOD_PROOF}
                       AND (p.member = users.id OR lower(p.email) = lower(users.email)))
        ))
    """


FORWARDS = (
    *FUNCTIONS.values(),
    *(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC" for name in FUNCTIONS),
    *(f"GRANT EXECUTE ON FUNCTION {name} TO flowhq_portal" for name in FUNCTIONS),
    "REVOKE SELECT ON users FROM flowhq_portal",
    f"GRANT SELECT ({SEEN}) ON users TO flowhq_portal",
    policy(""),
)
BACKWARDS = (
    policy("OR lower(email) = flowhq_word('email')"),
    f"REVOKE SELECT ({SEEN}) ON users FROM flowhq_portal",
    "GRANT SELECT ON users TO flowhq_portal",
    *(f"DROP FUNCTION {name}" for name in FUNCTIONS),
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def hide():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def show():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(hide)
    manager.add_raw_backwards(show)
    return manager
