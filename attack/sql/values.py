"""Rows that the portal's role may write, and values that no column of them was made for. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from attack.sql.catalogue import Column
from shared.stores.secrets import hash_secret

LARGE = 1_000_000
DEEP = 2_000
HASH = "a" * 64
# Of the portal's own counts, as shared/web/limits.py names them.
BUCKET = f"portal/{'a' * 50}"
# What argon2 makes of a password, in its own shape.
PASSWORD = f"$argon2id$v=19$m=65536,t=3,p=4${'c2FsdHNhbHRzYWx0c2FsdA'}${'a' * 43}"
# Columns that hold one of a few words.
ENUMS = frozenset(
    {"language", "template_type", "when_closed", "role", "purpose", "wish", "status", "state"}
)
# Columns of JSON that hold an object, by what stands before `_json`.
OBJECTS = frozenset({"hours", "texts", "payload", "content"})
LAST_YEAR = 9999


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """name: for a person. sql: the value, as a literal. must_refuse: whatever the column."""

    name: str
    sql: str
    must_refuse: bool = False


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a portal that was taken over makes up: a member of a business, both new."""

    tenant: UUID = msgspec.field(default_factory=uuid4)
    member: UUID = msgspec.field(default_factory=uuid4)
    email: str = msgspec.field(default_factory=lambda: f"{uuid4().hex}@attack.example")
    proof: str = msgspec.field(default_factory=lambda: uuid4().hex * 2)

    @property
    def words(self) -> dict[str, str]:
        return {"email": self.email, "proof": self.proof}


# In this order each row finds what it refers to.
ORDER = (
    *("mail_proofs", "users", "tenants", "tenant_configs", "whatsapp_sessions"),
    *("worker_processes", "setup_requests", "portal_event_logs", "browser_sessions"),
    *("outbound_messages", "link_requests", "takeovers", "attempt_counts"),
)


def to_row(table: str, columns: list[Column], person: Person, now: datetime) -> dict[str, Any]:
    """A good row of that table, in the columns that the role may insert into."""
    return {
        column.name: _to_good(table, column, person, now)
        for column in columns
        if column.table == table and column.inserts
    }


def list_wrong(column: Column) -> list[Wrong]:
    """Values that it was not made for, by its type and name."""
    if column.type == "text":
        return _texts(column)
    if column.type == "jsonb":
        return _documents(column)
    if column.type.startswith("timestamp"):
        return _instants()
    if column.type in {"integer", "bigint", "smallint"}:
        bits = {"smallint": 16, "integer": 32, "bigint": 64}[column.type]
        numbers = (-(2 ** (bits - 1)), -1, 2 ** (bits - 1) - 1)
        return [Wrong(name=str(n), sql=f"({n})::{column.type}") for n in numbers]
    return []


def _texts(column: Column) -> list[Wrong]:
    is_enum = column.name in ENUMS
    words = ("EVIL", "", "\u202e\u200b", "=1+1\n\r\t", "'; --")
    large = Wrong(
        name="a megabyte",
        sql=f"repeat('x', {LARGE})",
        must_refuse=not column.name.endswith("_json"),
    )
    return [
        *(Wrong(name=repr(word), sql=to_literal(word), must_refuse=is_enum) for word in words),
        large,
    ]


def _documents(column: Column) -> list[Wrong]:
    is_object = column.name.removesuffix("_json") in OBJECTS
    deep = f"'{'[' * DEEP}{']' * DEEP}'::jsonb"
    return [
        Wrong(name="a text", sql="'\"EVIL\"'::jsonb", must_refuse=True),
        Wrong(name="a number", sql="'5'::jsonb", must_refuse=True),
        Wrong(name="a huge number", sql="'{\"EVIL\": 1e400}'::jsonb"),
        Wrong(name="a list", sql="'[1, 2]'::jsonb", must_refuse=is_object),
        Wrong(name="an unknown field", sql='\'{"EVIL": {"EVIL": []}}\'::jsonb'),
        Wrong(name="deep lists", sql=deep, must_refuse=is_object),
        Wrong(name="null", sql="'null'::jsonb"),
    ]


def _instants() -> list[Wrong]:
    wrong = {
        "infinity": False,
        "-infinity": False,
        f"{LAST_YEAR + 1}-01-01 00:00:00+00": True,
        "294275-01-01 00:00:00+00": True,
        "0001-01-01 00:00:00+00 BC": True,
        "0001-01-01 00:00:00+00": False,
    }
    return [
        Wrong(name=text, sql=f"'{text}'::timestamptz", must_refuse=must)
        for text, must in wrong.items()
    ]


def _to_good(table: str, column: Column, person: Person, now: datetime) -> Any:
    """Raises nothing: what is not known is NULL, or a word."""
    own: dict[str, dict[str, Any]] = {
        "tenants": {"id": person.tenant},
        "users": {"id": person.member, "role": "OWNER", "tenant": None},
        "mail_proofs": {
            "token_hash": hash_secret(person.proof),
            "member": None,
            "tenant": None,
            "role": None,
        },
    }
    if column.name in own.get(table, {}):
        return own[table][column.name]
    common: dict[str, Any] = {
        "tenant": person.tenant,
        "member": person.member,
        "email": person.email,
        "author": person.email,
        "token_hash": uuid4().hex * 2,
        "fingerprint": HASH,
        "bucket": BUCKET,
        "password_hash": PASSWORD,
        "purpose": "SIGN_UP",
        "language": "EN",
        "template_type": "SUPPORT",
        "when_closed": "MENU",
        "wish": "QR_ROUND",
        "time_zone": "Africa/Dar_es_Salaam",
        "phone_number": f"+25576{uuid4().int % 10**7:07d}",
        "to_phone": "+255754999000",
        "chat": "+255754999000",
        "content_json": '{"type": "text", "text": "attack"}',
        "holidays_json": "[]",
        "quiet_hours_json": None,
        "event_type": "signed_in",
        "created_at": now,
        "due_at": now,
        "changed_at": now,
    }
    if column.name in common:
        return common[column.name]
    if column.name in {"inviter", "used_at", "send_at", "note", "idempotency_key"}:
        return None
    if column.type.startswith("timestamp"):
        return now + timedelta(hours=1)
    by_type: dict[str, Any] = {"uuid": uuid4(), "jsonb": "{}", "integer": 1, "bigint": 1}
    return by_type.get(column.type, "attack")


def to_literal(value: Any) -> str:
    """As SQL has it."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"'{value.astimezone(UTC).isoformat()}'::timestamptz"
    if isinstance(value, int):
        return str(value)
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'"


def to_insert(table: str, row: dict[str, Any], *, wrong: dict[str, str] | None = None) -> str:
    """wrong: literals that stand in the place of what the row has."""
    literals = {name: to_literal(value) for name, value in row.items()} | (wrong or {})
    return f"INSERT INTO {table} ({', '.join(literals)}) VALUES ({', '.join(literals.values())})"
