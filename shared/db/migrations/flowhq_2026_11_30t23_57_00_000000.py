from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-30T23:57:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Audit rows are links of a chain, and nobody changes or removes them"

DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
TABLES = ("audit_links", "audit_heads")
CHECKS = {
    "audit_links_at_instant": "at BETWEEN '2000-01-01 00:00+00' AND '2200-01-01 00:00+00'",
    "audit_links_digest_bounded": "length(digest) = 64",
    "audit_links_hash_bounded": "length(hash) = 64",
    "audit_heads_hash_bounded": "length(hash) IN (0, 64)",
}
# What is hashed is said again in shared/audit_chain.py, which verifies without these functions.
FUNCTIONS = {
    "flowhq_audit_part(text)": """
        CREATE FUNCTION flowhq_audit_part(said text) RETURNS text LANGUAGE sql IMMUTABLE
        AS $$ SELECT coalesce(octet_length(said) || ':' || said, '-') $$
    """,
    "flowhq_audit_digest(admin_audit_logs)": """
        CREATE FUNCTION flowhq_audit_digest(e admin_audit_logs) RETURNS text
        LANGUAGE sql STABLE
        AS $$
            SELECT encode(sha256(convert_to(string_agg(flowhq_audit_part(part), '' ORDER BY n),
                                            'UTF8')), 'hex')
              FROM unnest(ARRAY[
                  e.id::text, e.seq::text, e.kind, e.who, e.action, e.tenant_id::text,
                  e.detail_json::text, e.address, e.once_key, extract(epoch FROM e.at)::text
              ]) WITH ORDINALITY AS parts (part, n)
        $$
    """,
    "flowhq_audit_hash(text, bigint, admin_audit_logs, text)": """
        CREATE FUNCTION flowhq_audit_hash(
            before text, place bigint, e admin_audit_logs, digest text
        ) RETURNS text LANGUAGE sql STABLE
        AS $$
            SELECT encode(sha256(convert_to(concat_ws(' ', before, place, e.id,
                extract(epoch FROM e.at), CASE WHEN e.once_key IS NULL THEN 'act' ELSE 'hourly' END,
                digest), 'UTF8')), 'hex')
        $$
    """,
    # One at a time, from here to the end of the transaction, which is next: the trigger waits for
    # that. So nobody waits for what a transaction does after it wrote its row.
    "flowhq_link_audit(admin_audit_logs)": f"""
        CREATE FUNCTION flowhq_link_audit(e admin_audit_logs) RETURNS void
        LANGUAGE plpgsql {DEFINER}
        AS $$
        DECLARE
            head audit_heads;
            digest text := flowhq_audit_digest(e);
            linked text;
        BEGIN
            INSERT INTO audit_heads (position, hash) VALUES (0, '') ON CONFLICT DO NOTHING;
            SELECT * INTO head FROM audit_heads FOR UPDATE;
            linked := flowhq_audit_hash(head.hash, head.position + 1, e, digest);
            INSERT INTO audit_links (position, entry, at, is_hourly, digest, hash)
            VALUES (head.position + 1, e.id, e.at, e.once_key IS NOT NULL, digest, linked);
            UPDATE audit_heads SET position = head.position + 1, hash = linked;
        END $$
    """,
    "flowhq_chain_audit()": f"""
        CREATE FUNCTION flowhq_chain_audit() RETURNS trigger LANGUAGE plpgsql {DEFINER}
        AS $$ BEGIN PERFORM flowhq_link_audit(NEW); RETURN NULL; END $$
    """,
    # What was only looked at is removed after 400 days; its link stays, and says how old it was.
    "flowhq_keep_audit()": """
        CREATE FUNCTION flowhq_keep_audit() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN
            IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'admin_audit_logs'
               AND to_jsonb(OLD) ->> 'once_key' IS NOT NULL THEN RETURN OLD;
            END IF;
            IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_heads'
               AND (to_jsonb(NEW) ->> 'position')::bigint
                   = (to_jsonb(OLD) ->> 'position')::bigint + 1 THEN RETURN NEW;
            END IF;
            RAISE insufficient_privilege USING MESSAGE = 'what was done stays written down';
        END $$
    """,
}

FORWARDS = (
    "CREATE TABLE audit_links (position bigint PRIMARY KEY, entry uuid NOT NULL UNIQUE,"
    " at timestamptz NOT NULL, is_hourly boolean NOT NULL, digest text NOT NULL,"
    " hash text NOT NULL)",
    "CREATE TABLE audit_heads (single boolean PRIMARY KEY DEFAULT true CHECK (single),"
    " position bigint NOT NULL, hash text NOT NULL)",
    *(
        f"ALTER TABLE {name[:11]} ADD CONSTRAINT {name} CHECK ({condition})"
        for name, condition in CHECKS.items()
    ),
    *(
        statement
        for table in TABLES
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY every_row ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)",
        )
    ),
    *FUNCTIONS.values(),
    *(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC" for name in FUNCTIONS),
    """
    DO $$
    DECLARE
        e admin_audit_logs;
        digest text;
        linked text := '';
        reached bigint := 0;
    BEGIN
        LOCK TABLE admin_audit_logs IN SHARE ROW EXCLUSIVE MODE;
        FOR e IN SELECT * FROM admin_audit_logs ORDER BY seq LOOP
            reached := reached + 1;
            digest := flowhq_audit_digest(e);
            linked := flowhq_audit_hash(linked, reached, e, digest);
            INSERT INTO audit_links (position, entry, at, is_hourly, digest, hash)
            VALUES (reached, e.id, e.at, e.once_key IS NOT NULL, digest, linked);
        END LOOP;
        -- Once, for each version of the row would be looked past by the next one.
        INSERT INTO audit_heads (position, hash) VALUES (reached, linked);
    END $$
    """,
    "CREATE CONSTRAINT TRIGGER chain_audit AFTER INSERT ON admin_audit_logs"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION flowhq_chain_audit()",
    *(
        statement
        for table in ("admin_audit_logs", *TABLES)
        for statement in (
            f"CREATE TRIGGER keep_audit BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION flowhq_keep_audit()",
            f"CREATE TRIGGER keep_all_audit BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION flowhq_keep_audit()",
        )
    ),
)
BACKWARDS = (
    *(
        f"DROP TRIGGER {name} ON admin_audit_logs"
        for name in ("keep_all_audit", "keep_audit", "chain_audit")
    ),
    *(f"DROP TABLE {table}" for table in TABLES),
    *(f"DROP FUNCTION {name}" for name in reversed(FUNCTIONS)),
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def chain():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def unchain():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(chain)
    manager.add_raw_backwards(unchain)
    return manager
