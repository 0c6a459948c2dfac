from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-30T14:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What the portal may count and note; invitations of businesses that were accepted"

DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
# As shared/enums.py says it.
KINDS = (
    *("SIGN_IN_FAILED", "SIGN_IN_HELD_UP", "PASSWORD_REFUSED", "NEW_DEVICE", "MAIL_HELD_UP"),
    *("KEY_UNKNOWN", "KEY_OVER", "KEY_HELD_UP", "SCOPE_REFUSED", "FORM_REFUSED", "FOREIGN_ID"),
    *("MAIL_LINK_REFUSED", "FRAME_REFUSED", "WORKER_REFUSED"),
)
SITES = ("portal", "dashboard", "api", "gateway")
# Rows of a minute that the portal's role can make, whatever it says; the rest is one row.
MOST_A_MINUTE = 100
CHECKS = {
    "security_events_kind_known": f"kind IN {KINDS}",
    "security_events_site_known": f"site IN {SITES}",
    "security_events_source_bounded": "length(source) <= 64",
    "security_events_subject_bounded": "length(subject) <= 64",
    "security_events_times_bounded": "times BETWEEN 1 AND 1000000000000",
    "security_events_minute_instant": "minute BETWEEN '2000-01-01 00:00+00' AND '2200-01-01 00:00+00'",
}
INVITED = """
    CREATE POLICY made ON mail_proofs FOR INSERT TO flowhq_portal
    WITH CHECK (token_hash = flowhq_word('proof') AND used_at IS NULL AND CASE purpose
        WHEN 'INVITE' THEN tenant = flowhq_tenant() AND role IN ('OWNER', 'STAFF')
                           AND member IS NULL AND inviter = flowhq_member() AND flowhq_is_owner()
                           {also}
        ELSE tenant IS NULL AND role IS NULL AND inviter IS NULL END)
"""
# What the portal's stores and policies call.
CALLED = (
    "flowhq_is_accepted()",
    "flowhq_note_security(text, text, text, integer)",
    "flowhq_note_foreign(uuid, text)",
)
FORWARDS = (
    # The counts of before are of no site, and over within the hour.
    "DELETE FROM attempt_counts",
    "ALTER TABLE attempt_counts ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE attempt_counts FORCE ROW LEVEL SECURITY",
    "CREATE POLICY every_row ON attempt_counts TO CURRENT_USER USING (true) WITH CHECK (true)",
    # Else a portal that was taken over could keep operators out, or let their guesses begin anew.
    """
    CREATE POLICY own_site ON attempt_counts TO flowhq_portal
    USING (bucket LIKE 'portal/%') WITH CHECK (bucket LIKE 'portal/%')
    """,
    "ALTER TABLE attempt_counts ADD CONSTRAINT attempt_counts_open_at_instant"
    " CHECK (open_at BETWEEN '2000-01-01 00:00+00' AND '2200-01-01 00:00+00')",
    "CREATE INDEX security_events_newest ON security_events (minute DESC, id DESC)",
    *(
        f"ALTER TABLE security_events ADD CONSTRAINT {name} CHECK ({condition})"
        for name, condition in CHECKS.items()
    ),
    "CREATE UNIQUE INDEX admin_audit_logs_once ON admin_audit_logs (once_key)"
    " WHERE once_key IS NOT NULL",
    # By a stranger's word a business is there at once; accepted it is by an operator's: who asked
    # for nothing was made by one.
    f"""
    CREATE FUNCTION flowhq_is_accepted() RETURNS boolean LANGUAGE sql STABLE {DEFINER}
    AS $$ SELECT COALESCE(bool_or(status IN ('APPROVED', 'ACTIVE')), true)
            FROM setup_requests WHERE tenant = flowhq_tenant() $$
    """,
    # At this minute, as the portal's, and no more rows than so many: it may not be itself.
    f"""
    CREATE FUNCTION flowhq_note_security(what text, origin text, whose text, more integer)
    RETURNS void LANGUAGE plpgsql {DEFINER}
    AS $$
    DECLARE
        this_minute timestamptz := date_trunc('minute', clock_timestamp());
        is_full boolean;
    BEGIN
        SELECT count(*) >= {MOST_A_MINUTE} INTO is_full FROM security_events
         WHERE minute = this_minute AND site = 'portal';
        IF is_full THEN origin := 'others'; whose := ''; END IF;
        INSERT INTO security_events AS e (id, minute, site, kind, source, subject, times)
        VALUES (gen_random_uuid(), this_minute, 'portal', what, left(origin, 64), left(whose, 64),
                greatest(1, least(more, 1000000)))
        ON CONFLICT (minute, site, kind, source, subject) DO UPDATE
        SET times = least(e.times + excluded.times, 1000000000000);
    END $$
    """,
    # It answers nothing: whether there is such an id is not for the portal to learn.
    f"""
    CREATE FUNCTION flowhq_note_foreign(wanted uuid, origin text) RETURNS void
    LANGUAGE plpgsql {DEFINER}
    AS $$ BEGIN
        IF EXISTS (SELECT 1 FROM message_logs WHERE id = wanted AND tenant <> flowhq_tenant())
           OR EXISTS (SELECT 1 FROM users WHERE id = wanted AND tenant <> flowhq_tenant())
           OR EXISTS (SELECT 1 FROM mail_proofs WHERE id = wanted AND tenant <> flowhq_tenant())
        THEN
            PERFORM flowhq_note_security('FOREIGN_ID', origin, flowhq_tenant()::text, 1);
        END IF;
    END $$
    """,
    *(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC" for name in CALLED),
    *(f"GRANT EXECUTE ON FUNCTION {name} TO flowhq_portal" for name in CALLED),
    "DROP POLICY made ON mail_proofs",
    INVITED.format(also="AND flowhq_is_accepted()"),
)
BACKWARDS = (
    "DROP POLICY made ON mail_proofs",
    INVITED.format(also=""),
    *(f"DROP FUNCTION {name}" for name in reversed(CALLED)),
    "DROP INDEX admin_audit_logs_once",
    *(f"ALTER TABLE security_events DROP CONSTRAINT {name}" for name in CHECKS),
    "DROP INDEX security_events_newest",
    "ALTER TABLE attempt_counts DROP CONSTRAINT attempt_counts_open_at_instant",
    "DROP POLICY own_site ON attempt_counts",
    "DROP POLICY every_row ON attempt_counts",
    "ALTER TABLE attempt_counts NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE attempt_counts DISABLE ROW LEVEL SECURITY",
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
