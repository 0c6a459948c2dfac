from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from shared.tables import Tenant

ID = "2026-11-30T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What JSON in rows looks like, as functions for CHECK constraints"

# What Python's `\s` takes for white space, beyond what is a control character: PostgreSQL's own
# class depends on the locale.
BLANK = r"\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
CONTROL = r"\u0001-\u001f\u007f-\u009f"

# Bodies that are parsed when they are made: no search path says later what they mean. Each is
# false, and never null, for what is not there.
FUNCTIONS = {
    "flowhq_is_text(v jsonb, fewest integer, most integer)": """
        COALESCE(jsonb_typeof(v) = 'string' AND length(v #>> '{}') BETWEEN fewest AND most, false)
    """,
    "flowhq_is_count(v jsonb)": """
        COALESCE(jsonb_typeof(v) = 'number' AND v #>> '{}' ~ '^[0-9]{1,15}$', false)
    """,
    "flowhq_is_degrees(v jsonb, most integer)": """
        CASE jsonb_typeof(v) WHEN 'number' THEN abs((v #>> '{}')::numeric) <= most ELSE false END
    """,
    "flowhq_is_flag(v jsonb)": "COALESCE(jsonb_typeof(v) = 'boolean', false)",
    "flowhq_has_keys(v jsonb, needed text[], others text[])": """
        CASE jsonb_typeof(v) WHEN 'object' THEN v ?& needed AND v - needed - others = '{}'
        ELSE false END
    """,
    # As shared/structs/text.py says: TimeOfDay, ZoneName, Label, BotText.
    "flowhq_is_time(v jsonb)": """
        COALESCE(jsonb_typeof(v) = 'string'
                 AND v #>> '{}' ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$', false)
    """,
    "flowhq_is_zone(name text)": """
        COALESCE(length(name) <= 64 AND name ~
                 '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$', false)
    """,
    "flowhq_is_line(value text, most integer)": rf"""
        COALESCE(length(value) BETWEEN 1 AND most AND value !~ '[{CONTROL}\u2028\u2029]'
                 AND value ~ '[^{BLANK}]', false)
    """,
    "flowhq_is_label(v jsonb)": """
        COALESCE(jsonb_typeof(v) = 'string' AND flowhq_is_line(v #>> '{}', 60), false)
    """,
    "flowhq_is_bot_text(v jsonb)": rf"""
        COALESCE(jsonb_typeof(v) = 'string' AND length(v #>> '{{}}') BETWEEN 1 AND 1000
                 AND v #>> '{{}}' !~ '[\u0001-\u0009\u000b-\u001f\u007f-\u009f]'
                 AND v #>> '{{}}' ~ '[^\u000a{BLANK}]', false)
    """,
    # Of the calendar that Python has, 0001 to 9999.
    "flowhq_is_date(v jsonb)": """
        CASE WHEN jsonb_typeof(v) = 'string'
              AND v #>> '{}' ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'
              AND left(v #>> '{}', 4) <> '0000'
        THEN substr(v #>> '{}', 9)::integer <= CASE substr(v #>> '{}', 6, 2)
            WHEN '02' THEN CASE WHEN left(v #>> '{}', 4)::integer % 4 = 0
                                 AND (left(v #>> '{}', 4)::integer % 100 <> 0
                                      OR left(v #>> '{}', 4)::integer % 400 = 0)
                           THEN 29 ELSE 28 END
            WHEN '04' THEN 30 WHEN '06' THEN 30 WHEN '09' THEN 30 WHEN '11' THEN 30
            ELSE 31 END
        ELSE false END
    """,
    # As shared/structs/tenants.py says: the parts of a TenantConfig.
    "flowhq_is_hours(v jsonb)": """
        CASE jsonb_typeof(v) WHEN 'object' THEN NOT EXISTS (
            SELECT FROM jsonb_each(v) AS each (day, hours)
             WHERE day NOT IN ('MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN')
                OR NOT flowhq_has_keys(hours, '{opens,closes}', '{}')
                OR NOT flowhq_is_time(hours -> 'opens') OR NOT flowhq_is_time(hours -> 'closes'))
        ELSE false END
    """,
    "flowhq_is_quiet_hours(v jsonb)": """
        flowhq_has_keys(v, '{begins,ends,time_zone}', '{}') AND flowhq_is_time(v -> 'begins')
        AND flowhq_is_time(v -> 'ends') AND jsonb_typeof(v -> 'time_zone') = 'string'
        AND flowhq_is_zone(v ->> 'time_zone')
    """,
    "flowhq_is_holidays(v jsonb)": """
        CASE WHEN jsonb_typeof(v) = 'array' AND jsonb_array_length(v) <= 60 THEN NOT EXISTS (
            SELECT FROM jsonb_array_elements(v) AS each (day)
             WHERE NOT flowhq_has_keys(day, '{name,first,last}', '{}')
                OR NOT flowhq_is_label(day -> 'name')
                OR NOT flowhq_is_date(day -> 'first') OR NOT flowhq_is_date(day -> 'last'))
        ELSE false END
    """,
    "flowhq_is_topic(name text)": """
        name IN ('SERVICES', 'PRICES', 'CONTACT', 'BOOK', 'PRODUCTS', 'ORDER', 'DELIVERY',
                 'ISSUE', 'QUESTION', 'HOURS')
    """,
    "flowhq_is_texts(v jsonb)": """
        flowhq_has_keys(v, '{}', '{greeting,closed,titles,answers}')
        AND (v -> 'greeting' IS NULL OR v -> 'greeting' = 'null'
             OR flowhq_is_bot_text(v -> 'greeting'))
        AND (v -> 'closed' IS NULL OR v -> 'closed' = 'null' OR flowhq_is_bot_text(v -> 'closed'))
        AND CASE COALESCE(jsonb_typeof(v -> 'titles'), '') WHEN '' THEN true
            WHEN 'object' THEN NOT EXISTS (
                SELECT FROM jsonb_each(v -> 'titles') AS each (topic, label)
                 WHERE NOT flowhq_is_topic(topic) OR NOT flowhq_is_label(label))
            ELSE false END
        AND CASE COALESCE(jsonb_typeof(v -> 'answers'), '') WHEN '' THEN true
            WHEN 'object' THEN NOT EXISTS (
                SELECT FROM jsonb_each(v -> 'answers') AS each (topic, answer)
                 WHERE NOT flowhq_is_topic(topic) OR NOT flowhq_is_bot_text(answer))
            ELSE false END
    """,
    # As shared/structs/content.py says. What a newer version adds to a content is let through.
    "flowhq_is_quote(v jsonb)": """
        v IS NULL OR v = 'null' OR (
            jsonb_typeof(v) = 'object' AND flowhq_is_text(v -> 'wa_message_id', 0, 4000)
            AND flowhq_is_flag(v -> 'from_me') AND flowhq_is_text(v -> 'text', 0, 65536))
    """,
    "flowhq_is_file(v jsonb)": """
        flowhq_is_text(v -> 'sha256', 64, 64) AND flowhq_is_text(v -> 'mime_type', 1, 200)
        AND flowhq_is_count(v -> 'size')
        AND (v -> 'caption' IS NULL OR flowhq_is_text(v -> 'caption', 0, 65536))
        AND (v -> 'duration' IS NULL OR flowhq_is_count(v -> 'duration'))
    """,
    "flowhq_are_phones(v jsonb)": """
        CASE WHEN jsonb_typeof(v) = 'array' AND jsonb_array_length(v) <= 10 THEN NOT EXISTS (
            SELECT FROM jsonb_array_elements(v) AS each (phone)
             WHERE NOT flowhq_is_text(phone, 1, 200))
        ELSE false END
    """,
    "flowhq_is_content(v jsonb)": """
        CASE WHEN COALESCE(jsonb_typeof(v) <> 'object' OR octet_length(v::text) > 1048576, true)
        THEN false
        ELSE flowhq_is_quote(v -> 'quote') AND COALESCE(CASE v ->> 'type'
            WHEN 'text' THEN flowhq_is_text(v -> 'text', 0, 65536)
            WHEN 'location' THEN flowhq_is_degrees(v -> 'latitude', 90)
                 AND flowhq_is_degrees(v -> 'longitude', 180)
                 AND (v -> 'name' IS NULL OR flowhq_is_text(v -> 'name', 0, 4000))
                 AND (v -> 'address' IS NULL OR flowhq_is_text(v -> 'address', 0, 4000))
            WHEN 'contact' THEN flowhq_is_text(v -> 'name', 0, 4000)
                 AND flowhq_are_phones(v -> 'phones')
            WHEN 'reaction' THEN flowhq_is_text(v -> 'wa_message_id', 0, 4000)
                 AND flowhq_is_flag(v -> 'from_me') AND flowhq_is_text(v -> 'emoji', 0, 200)
            WHEN 'edit' THEN flowhq_is_text(v -> 'wa_message_id', 0, 4000)
                 AND flowhq_is_text(v -> 'text', 0, 65536)
            WHEN 'delete' THEN flowhq_is_text(v -> 'wa_message_id', 0, 4000)
            WHEN 'image' THEN flowhq_is_file(v)
            WHEN 'video' THEN flowhq_is_file(v)
            WHEN 'audio' THEN flowhq_is_file(v)
            WHEN 'voice' THEN flowhq_is_file(v)
            WHEN 'sticker' THEN flowhq_is_file(v)
            WHEN 'document' THEN flowhq_is_file(v) AND flowhq_is_text(v -> 'file_name', 0, 4000)
            ELSE false END, false)
        END
    """,
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="flowhq", description=DESCRIPTION)

    async def create():
        for signature, body in FUNCTIONS.items():
            await Tenant.raw(
                f"CREATE FUNCTION {signature} RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE"
                f" RETURN ({body})".replace("{", "{{").replace("}", "}}")
            )

    async def drop():
        for signature in reversed(FUNCTIONS):
            name, _, arguments = signature.partition("(")
            types = ", ".join(each.split()[-1] for each in arguments.rstrip(")").split(", "))
            await Tenant.raw(f"DROP FUNCTION {name}({types})")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
