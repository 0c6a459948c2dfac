"""People who write to a business, as the API, the stores and the gateway speak of them."""

from datetime import datetime
from uuid import UUID

import msgspec


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """A message or a receipt of somebody. At least one of phone and lid is known.

    first_at, last_at: the same instant, unless several sightings were put together.
    named_at: when `push_name` was told; None while it was not.
    """

    phone: str | None
    lid: str | None
    first_at: datetime
    last_at: datetime
    push_name: str = ""
    named_at: datetime | None = None


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One person. No two of a tenant have the same phone, and no two the same LID."""

    id: UUID
    phone: str | None
    lid: str | None
    push_name: str
    named_at: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime


class ContactView(msgspec.Struct, frozen=True, kw_only=True):
    """phone: E.164; lid: `<digits>@lid`. Either may not be known yet.

    push_name: what the person calls himself on WhatsApp, when it was told.
    last_seen_at: of a message or receipt either way, to the minute.
    """

    id: UUID
    phone: str | None
    lid: str | None
    push_name: str | None
    first_seen_at: datetime
    last_seen_at: datetime
