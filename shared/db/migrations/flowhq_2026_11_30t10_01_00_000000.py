from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.db.migrations import flowhq_2026_11_24t18_58_00_000000 as search
from shared.db.migrations.flowhq_2026_11_30t10_00_00_000000 import WORDS
from shared.tables import Tenant

ID = "2026-11-30T10:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Rows are in the order in which they were written (ADR 11)"

# By what their rows were ordered until now.
ORDERED = {
    "admin_audit_logs": "at",
    "api_keys": "created_at",
    "contacts": "first_seen_at",
    "mail_proofs": "created_at",
    "portal_event_logs": "created_at",
    "setup_requests": "created_at",
    "tenants": "created_at",
    "users": "created_at",
    "worker_incidents": "at",
}
# A contact that learns its other name is written anew and keeps its place: nothing else is numbered
# by anybody but the database.
NUMBERED_BY_US = {"contacts"}
# What a thread shows is of both, so they share one sequence.
MESSAGES = ("message_logs", "outbound_messages")

UNIQUE_INDEXES = {
    "message_logs_order": "message_logs (tenant, seq)",
    "outbound_order": "outbound_messages (tenant, seq)",
    "worker_incidents_order": "worker_incidents (tenant, seq)",
    "portal_event_logs_order": "portal_event_logs (tenant, seq)",
    "setup_requests_order": "setup_requests (seq)",
    "tenants_order": "tenants (seq)",
    "admin_audit_logs_order": "admin_audit_logs (seq)",
}
INDEXES = {
    "message_logs_words": WORDS,
    # For lists and searches that begin or end at a moment.
    "message_logs_written": "message_logs (tenant, created_at, occurred_at)",
    "message_logs_chat": f"message_logs (tenant, ({search.CHAT}), seq)",
    # What is to be sent at once, and then what has a time of its own.
    "outbound_due": "outbound_messages"
    " (tenant, (CASE WHEN send_at IS NULL THEN 0 ELSE 1 END), due_at, seq) WHERE state = 'QUEUED'",
    "outbound_open": "outbound_messages (tenant) WHERE state = 'SENDING'",
    "outbound_not_sent": "outbound_messages (tenant, to_phone, seq) WHERE wa_message_id IS NULL",
    "contacts_newest": "contacts (tenant, first_seen_at, seq)",
    "setup_requests_tenant": "setup_requests (tenant, seq)",
    **{
        f"admin_audit_logs_of_{column}": f"admin_audit_logs ({column}, seq)"
        for column in ("tenant_id", "action", "who")
    },
}

# As `seq_of` in shared/stores/cursors.py.
ENDS = """
        IF before_at IS NOT NULL THEN
            ends := COALESCE(
                (SELECT seq FROM message_logs WHERE tenant = owner AND id = before_id),
                (SELECT seq + 1 FROM message_logs WHERE tenant = owner AND created_at <= before_at
                  ORDER BY created_at DESC, seq DESC LIMIT 1), 0);
        END IF;
"""
# As before, except for the order; `search` says why it is done in two ways.
BY_INDEX = f"""
        RETURN QUERY
        WITH hits AS MATERIALIZED (
            SELECT id, seq, direction, occurred_at FROM message_logs
             WHERE tenant = owner AND numnode(asked) > 0 AND {search.VECTOR} @@ (own && asked)
            UNION
            SELECT id, seq, direction, occurred_at FROM message_logs
             WHERE tenant = owner AND {search.CHAT} = ANY (names)
        )
        SELECT h.id FROM hits h
         WHERE (wanted_direction IS NULL OR h.direction = wanted_direction)
           AND (since IS NULL OR h.occurred_at >= since)
           AND (until IS NULL OR h.occurred_at < until)
           AND (ends IS NULL OR h.seq < ends)
         ORDER BY h.seq DESC LIMIT most;
"""
BY_NEWEST = f"""
        IF cardinality(names) = 0 AND numnode(asked) > 0 THEN
            SELECT array_agg(n.id ORDER BY n.seq DESC) INTO newest FROM (
                SELECT * FROM (
                    SELECT id, seq, direction, occurred_at, message_text, tenant
                      FROM message_logs
                     WHERE tenant = owner
                       AND (ends IS NULL OR seq < ends)
                       AND (until IS NULL OR created_at < until + interval '45 days')
                     ORDER BY seq DESC LIMIT 24 * most
                ) looked_at
                 WHERE {search.VECTOR} @@ asked
                   AND (wanted_direction IS NULL OR direction = wanted_direction)
                   AND (since IS NULL OR occurred_at >= since)
                   AND (until IS NULL OR occurred_at < until)
                 ORDER BY seq DESC LIMIT most
            ) n;
            IF cardinality(newest) >= most THEN
                RETURN QUERY SELECT unnest(newest);
                RETURN;
            END IF;
        END IF;
"""
FIND = search.function(
    f"{search.DECLARED} newest uuid[]; ends bigint;", search.PREFIX + ENDS + BY_NEWEST + BY_INDEX
)
FIND_BEFORE = search.function(
    f"{search.DECLARED} newest uuid[];", search.PREFIX + search.BY_NEWEST + search.BY_INDEX
)


def number_rows(table: str, at: str) -> tuple[str, ...]:
    return (
        # Nobody is told of it: it changes nothing that is shown.
        f"ALTER TABLE {table} DISABLE TRIGGER USER",
        f"UPDATE {table} t SET seq = p.place FROM"
        f" (SELECT id, row_number() OVER (ORDER BY {at}, id) AS place FROM {table}) p"
        " WHERE t.id = p.id AND t.seq <> p.place",
        f"ALTER TABLE {table} ENABLE TRIGGER USER",
        *(() if table in NUMBERED_BY_US else generate_numbers(table)),
        f"SELECT setval('{table}_seq_seq', COALESCE(max(seq), 0) + 1, false) FROM {table}",
    )


def generate_numbers(table: str) -> tuple[str, ...]:
    """Whoever adds a row needs no right to the sequence, and cannot choose the number."""
    return (
        f"ALTER TABLE {table} ALTER COLUMN seq DROP DEFAULT",
        f"DROP SEQUENCE {table}_seq_seq",
        f"ALTER TABLE {table} ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY",
    )


def number_messages() -> tuple[str, ...]:
    rows = " UNION ALL ".join(f"SELECT id, created_at FROM {table}" for table in MESSAGES)
    return (
        "CREATE SEQUENCE message_order AS bigint",
        "CREATE TEMPORARY TABLE message_places ON COMMIT DROP AS"
        f" SELECT id, row_number() OVER (ORDER BY created_at, id) AS place FROM ({rows}) every",
        "ANALYZE message_places",
        *(
            f"UPDATE {table} t SET seq = p.place FROM message_places p"
            " WHERE t.id = p.id AND t.seq <> p.place"
            for table in MESSAGES
        ),
        "SELECT setval('message_order', COALESCE(max(place), 0) + 1, false) FROM message_places",
        *(
            f"ALTER TABLE {table} ALTER COLUMN seq SET DEFAULT nextval('message_order')"
            for table in MESSAGES
        ),
        *(f"DROP SEQUENCE {table}_seq_seq" for table in MESSAGES),
        # What members write in the portal is queued by its role.
        "GRANT USAGE ON SEQUENCE message_order TO flowhq_portal",
    )


FORWARDS = (
    *number_messages(),
    *(statement for table, at in ORDERED.items() for statement in number_rows(table, at)),
    *(f"CREATE UNIQUE INDEX {name} ON {on}" for name, on in UNIQUE_INDEXES.items()),
    *(f"CREATE INDEX {name} ON {on}" for name, on in INDEXES.items()),
    FIND,
)
BACKWARDS = (
    FIND_BEFORE,
    *(f"DROP INDEX {name}" for name in (*UNIQUE_INDEXES, *INDEXES)),
    *(f"ALTER TABLE {table} ALTER COLUMN seq DROP DEFAULT" for table in MESSAGES),
    "DROP SEQUENCE message_order",
    *(
        f"ALTER TABLE {table} ALTER COLUMN seq DROP IDENTITY"
        for table in ORDERED.keys() - NUMBERED_BY_US
    ),
    *(
        statement
        for table in (*MESSAGES, *(ORDERED.keys() - NUMBERED_BY_US))
        for statement in (
            f"CREATE SEQUENCE {table}_seq_seq OWNED BY {table}.seq",
            f"SELECT setval('{table}_seq_seq', COALESCE(max(seq), 0) + 1, false) FROM {table}",
            f"ALTER TABLE {table} ALTER COLUMN seq SET DEFAULT nextval('{table}_seq_seq')",
        )
    ),
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def number():
        for statement in FORWARDS:
            await Tenant.raw(statement)

    async def forget():
        for statement in BACKWARDS:
            await Tenant.raw(statement)

    manager.add_raw(number)
    manager.add_raw_backwards(forget)
    return manager
