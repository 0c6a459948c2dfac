from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-24T18:58:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Find words that most messages have without reading all of them"

VECTOR = (
    "(to_tsvector('simple', left(message_text, 65536))"
    " || array_to_tsvector(ARRAY[tenant::text]))"
)
CHAT = (
    "CASE WHEN contact_lid IS NOT NULL THEN contact_lid"
    " WHEN direction = 'IN' THEN from_number ELSE to_number END"
)
SIGNATURE = """
    flowhq_find_messages(
        words text, names text[], wanted_direction text, since timestamptz, until timestamptz,
        before_at timestamptz, before_id uuid, most integer
    ) RETURNS TABLE (found_id uuid) LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50
    SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan
"""
DECLARED = """
        owner uuid := flowhq_tenant();
        asked tsquery := websearch_to_tsquery('simple', words);
        own tsquery := quote_literal(flowhq_tenant()::text)::tsquery;
"""
PREFIX = """
        -- Whoever types has mostly not typed the last word to its end.
        IF right(asked::text, 1) = '''' THEN
            asked := (asked::text || ':*')::tsquery;
        END IF;
"""
BY_INDEX = f"""
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
"""
# A word that one message in two dozen has fills a page from the newest ones; the index would
# give all of them, to be sorted. `until`: as shared/stores/message_search.py says of late ones.
BY_NEWEST = f"""
        IF cardinality(names) = 0 AND numnode(asked) > 0 THEN
            SELECT array_agg(n.id ORDER BY n.created_at DESC, n.id DESC) INTO newest FROM (
                SELECT * FROM (
                    SELECT id, created_at, direction, occurred_at, message_text, tenant
                      FROM message_logs
                     WHERE tenant = owner
                       AND (before_at IS NULL OR (created_at, id) < (before_at, before_id))
                       AND (until IS NULL OR created_at < until + interval '45 days')
                     ORDER BY created_at DESC, id DESC LIMIT 24 * most
                ) looked_at
                 WHERE {VECTOR} @@ asked
                   AND (wanted_direction IS NULL OR direction = wanted_direction)
                   AND (since IS NULL OR occurred_at >= since)
                   AND (until IS NULL OR occurred_at < until)
                 ORDER BY created_at DESC, id DESC LIMIT most
            ) n;
            IF cardinality(newest) >= most THEN
                RETURN QUERY SELECT unnest(newest);
                RETURN;
            END IF;
        END IF;
"""


def function(declared, body):
    return f"CREATE OR REPLACE FUNCTION {SIGNATURE} AS $$ DECLARE {declared} BEGIN {body} END $$"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def look_at_the_newest_first():
        await Tenant.raw(function(f"{DECLARED} newest uuid[];", PREFIX + BY_NEWEST + BY_INDEX))

    async def look_at_all():
        await Tenant.raw(function(DECLARED, PREFIX + BY_INDEX))

    manager.add_raw(look_at_the_newest_first)
    manager.add_raw_backwards(look_at_all)
    return manager
