from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.db.checks import Check, drop, hold, known
from shared.tables import Tenant

ID = "2026-11-30T12:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Columns of words hold a word that is known; what the portal writes has bounds"

DIRECTIONS = ("IN", "OUT")
LANGUAGES = ("EN", "SW")
REASONS = (
    *("NOT_STARTED", "STARTING", "LOGGING_IN", "WAITING_FOR_SCAN", "PAIRING_REFUSED"),
    *("QR_ROUND_OVER", "LINKING_FAILED", "PASSKEY_REQUIRED", "LINKED", "SERVER_UNREACHABLE"),
    *("CONNECTION_LOST", "LOGIN_LOST", "KEEPALIVE_TIMEOUT", "DEVICE_REMOVED", "STREAM_REPLACED"),
    *("TEMPORARY_BAN", "CLIENT_OUTDATED", "REFUSED", "WORKER_STOPPED", "WORKER_SILENT"),
)
STATES = (
    *("DISCONNECTED", "CONNECTING", "QR_READY", "QR_EXPIRED", "CONNECTED", "LOGGED_OUT"),
    *("REPLACED", "BANNED", "OUTDATED"),
)
KINDS = (
    *("TEXT", "IMAGE", "VIDEO", "VOICE", "AUDIO", "DOCUMENT", "STICKER", "LOCATION", "CONTACT"),
    *("POLL", "REACTION", "EDIT", "DELETE", "CALL", "OTHER", "UNREADABLE", "VIEW_ONCE", "LOST"),
)
INCIDENTS = (
    *("CRASH", "OOM", "CONFIGURATION", "SESSION_ENDED", "SESSION_LOCKED", "CONTAINER_REMOVED"),
    *("START_FAILED", "LINK_LOST"),
)
OUTBOUND = (
    *("QUEUED", "SENDING", "SENT", "DELIVERED", "READ", "FAILED", "UNCERTAIN", "EXPIRED"),
    "CANCELLED",
)

# Where a row of before is mended: into what the bot or the reconciler does least with.
KNOWN = (
    known("admin_audit_logs", "kind", ("KEY", "OPERATOR", "PORTAL"), instead="KEY"),
    known("early_receipts", "kind", ("DELIVERED", "READ"), tenant="tenant"),
    known("link_requests", "wish", ("QR_ROUND", "PAIRING_CODE"), tenant="tenant"),
    known("mail_proofs", "purpose", ("SIGN_UP", "RESET", "CHANGE_EMAIL", "INVITE")),
    known("mail_proofs", "role", ("OWNER", "STAFF"), tenant="tenant"),
    known("message_hours", "direction", DIRECTIONS, tenant="tenant"),
    known("message_logs", "direction", DIRECTIONS, tenant="tenant"),
    known("message_logs", "kind", KINDS, instead="OTHER", tenant="tenant"),
    known("message_logs", "origin", ("BOT", "PHONE", "QUEUE"), instead="BOT", tenant="tenant"),
    known("outbound_messages", "state", OUTBOUND, instead="UNCERTAIN", tenant="tenant"),
    known(
        "setup_requests",
        "status",
        ("SUBMITTED", "REVIEWING", "APPROVED", "ACTIVE", "REJECTED"),
        instead="REJECTED",
        tenant="tenant",
    ),
    known("tenant_configs", "language", LANGUAGES, instead="SW", tenant="tenant"),
    known(
        "tenant_configs",
        "template_type",
        ("BOOKING", "ECOMMERCE", "SUPPORT"),
        instead="SUPPORT",
        tenant="tenant",
    ),
    known(
        "tenant_configs",
        "when_closed",
        ("MENU", "TELL", "TELL_ONLY"),
        instead="MENU",
        tenant="tenant",
    ),
    known("users", "language", LANGUAGES, instead="SW", tenant="tenant"),
    known("users", "role", ("OWNER", "STAFF", "ADMIN"), instead="STAFF", tenant="tenant"),
    known("whatsapp_sessions", "reason", REASONS, instead="NOT_STARTED", tenant="tenant"),
    known("whatsapp_sessions", "state", STATES, instead="DISCONNECTED", tenant="tenant"),
    known("worker_incidents", "kind", INCIDENTS, tenant="tenant"),
    known("worker_incidents", "reason", REASONS, tenant="tenant"),
    known(
        "worker_processes",
        "desired_state",
        ("RUNNING", "STOPPED", "REMOVED"),
        instead="STOPPED",
        tenant="tenant",
    ),
    known(
        "worker_processes",
        "status",
        ("STARTING", "RUNNING", "STOPPED", "ERROR"),
        instead="STOPPED",
        tenant="tenant",
    ),
)


def bounded(table, column, condition, instead, *, tenant="tenant", also=""):
    return Check(
        table=table,
        column=column,
        name=f"{table}_{column}_bounded",
        condition=condition,
        instead=instead,
        also=also,
        tenant=tenant,
    )


def length(table, column, least, most, *, tenant="tenant"):
    return bounded(
        table,
        column,
        f"length({column}) BETWEEN {least} AND {most}",
        f"rpad(left({column}, {most}), {least}, '-')",
        tenant=tenant,
    )


def line(table, column, *, tenant="tenant"):
    """A name: no line breaks, no control characters, and something to read."""
    plain = f"regexp_replace({column}, '[\\u0001-\\u001f\\u007f-\\u009f\\u2028\\u2029]', ' ', 'g')"
    return bounded(
        table,
        column,
        f"flowhq_is_line({column}, 200)",
        f"COALESCE(NULLIF(btrim(left({plain}, 200)), ''), '-')",
        tenant=tenant,
    )


EMAIL = r"email ~ '^[^[:space:][:cntrl:]@]+@[^[:space:][:cntrl:]@]+$' AND length(email) <= 254"
UNREADABLE = """'{"type": "text", "text": ""}'::jsonb"""
BOUNDED = (
    length("attempt_counts", "bucket", 1, 64, tenant="NULL"),
    bounded(
        "attempt_counts",
        "tries",
        "tries BETWEEN 0 AND 1000000000",
        "greatest(0, least(tries, 1000000000))",
        tenant="NULL",
    ),
    length("browser_sessions", "token_hash", 1, 64, tenant="NULL"),
    bounded(
        "browser_sessions",
        "expires_at",
        "expires_at <= created_at + interval '31 days'",
        "created_at + interval '31 days'",
        tenant="NULL",
    ),
    length("mail_proofs", "token_hash", 1, 64),
    bounded("mail_proofs", "email", EMAIL, None),
    bounded(
        "mail_proofs",
        "expires_at",
        "expires_at <= created_at + interval '8 days'",
        "created_at + interval '8 days'",
    ),
    length("outbound_messages", "author", 0, 300),
    length("outbound_messages", "fingerprint", 0, 128),
    length("outbound_messages", "idempotency_key", 0, 300),
    length("outbound_messages", "to_phone", 1, 200),
    bounded(
        "outbound_messages",
        "position",
        "position BETWEEN 0 AND 10000",
        "greatest(0, least(position, 10000))",
    ),
    # What nobody can read is not sent any more.
    bounded(
        "outbound_messages",
        "content_json",
        "flowhq_is_content(content_json)",
        UNREADABLE,
        also=", state = CASE WHEN state IN ('QUEUED', 'SENDING') THEN 'FAILED' ELSE state END,"
        " reason = 'What it says could not be read any more.'",
    ),
    bounded(
        "portal_event_logs",
        "event_type",
        "event_type ~ '^[a-z0-9_.]{1,60}$'",
        "COALESCE(NULLIF(left(regexp_replace(lower(event_type), '[^a-z0-9_.]', '', 'g'), 60), ''),"
        " 'unknown')",
    ),
    bounded(
        "portal_event_logs",
        "payload_json",
        "jsonb_typeof(payload_json) = 'object' AND octet_length(payload_json::text) <= 20000",
        "'{}'::jsonb",
    ),
    length("setup_requests", "note", 0, 2000),
    length("takeovers", "chat", 1, 200),
    line("tenant_configs", "business_name"),
    bounded("tenant_configs", "hours_json", "flowhq_is_hours(hours_json)", "'{}'::jsonb"),
    bounded(
        "tenant_configs",
        "quiet_hours_json",
        "quiet_hours_json IS NULL OR flowhq_is_quiet_hours(quiet_hours_json)",
        "NULL",
    ),
    bounded(
        "tenant_configs", "time_zone", "flowhq_is_zone(time_zone)", "'Africa/Dar_es_Salaam'"
    ),
    bounded("tenant_configs", "holidays_json", "flowhq_is_holidays(holidays_json)", "'[]'::jsonb"),
    bounded("tenant_configs", "texts_json", "flowhq_is_texts(texts_json)", "'{}'::jsonb"),
    line("tenants", "name", tenant="id"),
    bounded(
        "tenants",
        "phone_number",
        "phone_number ~ '^[+][1-9][0-9]{6,14}$'",
        # Unique, a number of nobody, and within the bounds.
        "'+999' || lpad((abs(hashtext(id::text)::bigint) % 100000000000)::text, 11, '0')",
        tenant="id",
    ),
    bounded(
        "users",
        "email",
        EMAIL,
        "'unreadable-' || id || '@invalid.invalid'",
    ),
    length("users", "password_hash", 1, 255),
)


# Beyond these Python has no date, and the driver gives no row.
CALENDAR = ("0001-01-01 00:00+00", "9999-12-31 23:59:59.999999+00")
# What the portal says of an instant is of this age.
ERA = ("2000-01-01 00:00+00", "2200-01-01 00:00+00")
OF_THE_PORTAL = {
    "attempt_counts": ("resets_at",),
    "browser_sessions": ("created_at", "expires_at"),
    "link_requests": ("created_at",),
    "mail_proofs": ("created_at", "expires_at", "used_at"),
    "outbound_messages": ("created_at", "due_at", "expires_at", "send_at"),
    "takeovers": ("changed_at", "until"),
}
OTHERS = {
    "admin_audit_logs": ("at",),
    "api_keys": ("created_at", "expires_at", "last_used_at", "revoked_at"),
    "contacts": ("first_seen_at", "last_seen_at", "named_at"),
    "early_receipts": ("at", "created_at"),
    "fleet_samples": ("at",),
    "media_uploads": ("created_at", "used_at"),
    "message_hours": ("hour",),
    "message_logs": ("created_at", "occurred_at"),
    "outbound_messages": (
        *("cancel_requested_at", "claimed_at", "delivered_at", "read_at", "sent_at", "taken_at"),
    ),
    "portal_event_logs": ("created_at",),
    "setup_requests": ("created_at", "decided_at"),
    "tenants": ("created_at", "removal_requested_at"),
    "users": ("created_at",),
    "whatsapp_sessions": (
        *("ban_ends_at", "last_seen_at", "pairing_expires_at", "qr_expires_at"),
        "state_changed_at",
    ),
    "worker_credentials": ("created_at", "revoked_at"),
    "worker_incidents": ("at", "finished_at", "restored_at", "started_at"),
    "worker_processes": (
        *("keepalive_at", "last_heartbeat_at", "last_inbound_at", "next_attempt_at"),
        "started_at",
    ),
}
TENANTS = {"tenants": "id", "admin_audit_logs": "tenant_id", "mail_proofs": "tenant"}
OF_NOBODY = {"attempt_counts", "browser_sessions", "fleet_samples"}


def instants(of, span):
    """One constraint a column: each is a comparison of two numbers."""
    first, last = span
    for table, columns in of.items():
        for column in columns:
            yield Check(
                table=table,
                column=column,
                name=f"{table}_{column}_instant",
                condition=f"{column} BETWEEN '{first}' AND '{last}'",
                instead=f"greatest('{first}', least({column}, '{last}'))",
                tenant="NULL" if table in OF_NOBODY else TENANTS.get(table, "tenant"),
            )


# Instants first: what is compared with them later is then one.
CHECKS = (*instants(OF_THE_PORTAL, ERA), *instants(OTHERS, CALENDAR), *KNOWN, *BOUNDED)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def mend_and_hold():
        for statement in hold(CHECKS):
            await Tenant.raw(statement.replace("{", "{{").replace("}", "}}"))

    async def let_go():
        for check in reversed(CHECKS):
            await Tenant.raw(drop(check))

    manager.add_raw(mend_and_hold)
    manager.add_raw_backwards(let_go)
    return manager
