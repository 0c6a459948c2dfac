from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T18:35:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Search in what was said"

# The tenant is one of the words: the index then finds a word among this tenant's rows, and not
# among everybody's. A text has 65,536 characters at most, but a worker could claim more, and of a
# megabyte PostgreSQL makes no vector.
VECTOR = (
    "(to_tsvector('simple', left(message_text, 65536))"
    " || array_to_tsvector(ARRAY[tenant::text]))"
)
# As the index `message_logs_chat` has it.
CHAT = (
    "CASE WHEN contact_lid IS NOT NULL THEN contact_lid"
    " WHEN direction = 'IN' THEN from_number ELSE to_number END"
)

FORWARDS = (
    f"CREATE INDEX message_logs_words ON message_logs USING gin ({VECTOR})",
    # With the owner's rights: row policies let no operator of searches near an index, for it
    # could leak. It asks for the tenant of the transaction itself, and gives ids alone, whose
    # rows the policies then let through or not.
    f"""
    CREATE FUNCTION flowhq_find_messages(
        words text, names text[], wanted_direction text, since timestamptz, until timestamptz,
        before_at timestamptz, before_id uuid, most integer
    ) RETURNS TABLE (found_id uuid) LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50
    SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan
    AS $$
    DECLARE
        owner uuid := flowhq_tenant();
        asked tsquery := websearch_to_tsquery('simple', words);
        own tsquery := quote_literal(flowhq_tenant()::text)::tsquery;
    BEGIN
        -- Whoever types has mostly not typed the last word to its end.
        IF right(asked::text, 1) = '''' THEN
            asked := (asked::text || ':*')::tsquery;
        END IF;
        RETURN QUERY
        WITH hits AS MATERIALIZED (
            SELECT id, created_at, direction, occurred_at FROM message_logs
             WHERE tenant = owner AND numnode(asked) > 0 AND {VECTOR} @@ (own && asked)
            UNION
            SELECT id, created_at, direction, occurred_at FROM message_logs
             WHERE tenant = owner AND {CHAT} = ANY (names)
        )
        SELECT h.id FROM hits h
         WHERE (wanted_direction IS NULL OR h.direction = wanted_direction)
           AND (since IS NULL OR h.occurred_at >= since)
           AND (until IS NULL OR h.occurred_at < until)
           AND (before_at IS NULL OR (h.created_at, h.id) < (before_at, before_id))
         ORDER BY h.created_at DESC, h.id DESC LIMIT most;
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION flowhq_find_messages FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION flowhq_find_messages TO flowhq_portal",
)
BACKWARDS = ("DROP FUNCTION flowhq_find_messages", "DROP INDEX message_logs_words")


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def create():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def drop():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
