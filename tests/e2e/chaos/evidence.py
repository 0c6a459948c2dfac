"""What one round leaves behind: who wrote what, and what each witness says of it."""

from datetime import datetime

import msgspec


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's message. `text` is said once in a whole run; `number` counts within the chat.

    wa_message_id: None when the sandbox ended before it said whether it had taken the message.
    at: when the customer's writing returned, in Unix seconds as all instants here.
    """

    text: str
    tenant_id: str
    customer: str
    number: int
    wa_message_id: str | None
    at: float


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was queued through the API, which answered with `id`: however often it had
    to be asked under the one idempotency key. `text` is said once in a whole run.
    """

    id: str
    text: str
    tenant_id: str
    to: str


class Outbound(msgspec.Struct, frozen=True, kw_only=True):
    """A queued message as the API shows it."""

    id: str
    to: str
    text: str
    state: str
    reason: str | None
    wa_message_id: str | None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a tenant's MessageLog, as the API gives it."""

    direction: str
    from_number: str
    to_number: str
    message_text: str
    wa_message_id: str
    in_reply_to: str | None
    created_at: datetime
    kind: str = "TEXT"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the worker's own store whose answer is not ANSWERED, and why."""

    wa_message_id: str
    state: str
    note: str


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """rows: in the order of the log, oldest first. outbox: events nobody acknowledged.

    outbound: what was queued through the API.
    """

    id: str
    phone_number: str
    customers: list[str]
    rows: list[Row]
    entries: list[Entry]
    outbound: list[Outbound]
    outbox: int


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message on a customer's phone. at: when this suite saw it there."""

    customer: str
    id: str
    sender: str
    text: str
    at: float


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that reached a customer's phone, which could not read it."""

    customer: str
    id: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """struck_at: just before the fault; in_force_at: once it was there. victims: the tenants
    it could be felt by. is_quiet: all that was expected came, or nothing new for a long time.
    """

    sent: list[Sent]
    queued: list[Queued]
    tenants: list[Tenant]
    received: list[Received]
    dropped: list[Dropped]
    victims: list[str]
    struck_at: float
    in_force_at: float
    is_quiet: bool
