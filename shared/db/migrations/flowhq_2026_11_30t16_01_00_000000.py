from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-30T16:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Limits have bounds; what is queued is counted and refused beyond them"

# As in shared/structs/limits.py: a row that went round the API has the same bounds.
BOUNDS = {
    "memory_bytes": (64 << 20, 8192 << 20),
    "cpus": (0.05, 16),
    "pids": (48, 4096),
    "disk_bytes": (48 << 20, 1 << 40),
    "log_lines_per_minute": (60, 100_000),
    "queued_messages": (1, 100_000),
    "messages_per_day": (1, 1_000_000),
    "api_requests_per_minute": (1, 60_000),
}
# Where nobody wrote the installation's defaults yet.
QUEUED_MESSAGES = 5_000
MESSAGES_PER_DAY = 10_000

# Runs as the owner, so that the portal's role is counted and cannot reset what was counted. The
# row of tenant_usages is a lock: two requests of one tenant are counted one after the other. The
# clock is the database's own, for a row's created_at is the writer's word.
COUNT = f"""
    CREATE FUNCTION flowhq_count_queued() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        today date := (now() AT TIME ZONE 'UTC')::date;
        added record;
        counted bigint;
        allowed record;
    BEGIN
        FOR added IN SELECT tenant, count(*) AS messages FROM inserted GROUP BY tenant LOOP
            INSERT INTO tenant_usages AS u (tenant, day, queued)
            VALUES (added.tenant, today, added.messages)
            ON CONFLICT (tenant) DO UPDATE
            SET day = excluded.day,
                queued = excluded.queued + CASE WHEN u.day = excluded.day THEN u.queued ELSE 0 END
            RETURNING queued INTO counted;
            SELECT COALESCE(l.queued_messages, d.queued_messages, {QUEUED_MESSAGES}) AS at_once,
                   COALESCE(l.messages_per_day, d.messages_per_day, {MESSAGES_PER_DAY}) AS a_day
              INTO allowed
              FROM (SELECT 1) AS one LEFT JOIN limit_defaults d ON true
              LEFT JOIN tenant_limits l ON l.tenant = added.tenant;
            IF counted > allowed.a_day THEN
                RAISE EXCEPTION USING ERRCODE = 'FQ001', MESSAGE = 'messages_per_day',
                    DETAIL = allowed.a_day, HINT = ceil(extract(epoch FROM
                        ((today + 1)::timestamp AT TIME ZONE 'UTC') - now()));
            END IF;
            -- Two counts, for there is an index of each state and none of both.
            SELECT (SELECT count(*) FROM outbound_messages
                     WHERE tenant = added.tenant AND state = 'QUEUED')
                 + (SELECT count(*) FROM outbound_messages
                     WHERE tenant = added.tenant AND state = 'SENDING')
              INTO counted;
            IF counted > allowed.at_once THEN
                RAISE EXCEPTION USING ERRCODE = 'FQ001', MESSAGE = 'queued_messages',
                    DETAIL = allowed.at_once, HINT = 60;
            END IF;
        END LOOP;
        RETURN NULL;
    END
    $$
"""


def _bounds(table):
    checks = ", ".join(
        f"ADD CONSTRAINT {table}_{name}_bounds CHECK ({name} BETWEEN {low} AND {high})"
        for name, (low, high) in BOUNDS.items()
    )
    return f"ALTER TABLE {table} {checks}"


def _protect(table):
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY every_row ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)",
        f"CREATE POLICY own_tenant ON {table} TO flowhq_portal"
        " USING (tenant = flowhq_tenant()) WITH CHECK (tenant = flowhq_tenant())",
    )


FORWARDS = (
    _bounds("limit_defaults"),
    "ALTER TABLE limit_defaults ADD CONSTRAINT limit_defaults_single CHECK (id)",
    _bounds("tenant_limits"),
    "ALTER TABLE tenant_usages ADD CONSTRAINT tenant_usages_queued_bounds CHECK (queued >= 0)",
    *_protect("tenant_limits"),
    *_protect("tenant_usages"),
    COUNT,
    "REVOKE ALL ON FUNCTION flowhq_count_queued() FROM PUBLIC",
    "CREATE TRIGGER count_queued AFTER INSERT ON outbound_messages"
    " REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION flowhq_count_queued()",
)
BACKWARDS = (
    "DROP TRIGGER count_queued ON outbound_messages",
    "DROP FUNCTION flowhq_count_queued()",
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
