"""Who wrote to a tenant, or was written to: one row a person, however many names arrive."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from shared.contacts import ContactChange, plan_contacts, put_together
from shared.db.engine import transaction
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores.cursors import Cursor, parse_cursor, seq_of, to_page
from shared.stores.messages import ascending_ids
from shared.stores.rows import to_uuid
from shared.stores.text import to_key, to_storable
from shared.structs.contacts import Contact, ContactView, Sighting
from shared.structs.pages import Page
from shared.tables import Contact as ContactTable

_LIST = "contacts"
_NEVER = datetime.max.replace(tzinfo=UTC)
_COLUMNS = "id, phone, lid, push_name, named_at, first_seen_at, last_seen_at"

# One array per column: one statement and one plan for any number of rows. A contact that is written
# anew keeps its place.
_INSERT = f"""
    INSERT INTO contacts (tenant, {_COLUMNS}, seq)
    SELECT {{}}, {_COLUMNS}, COALESCE(seq, nextval('contacts_seq_seq'))
      FROM (SELECT * FROM unnest({{}}::uuid[], {{}}::text[], {{}}::text[], {{}}::text[],
                                 {{}}::timestamptz[], {{}}::timestamptz[], {{}}::timestamptz[],
                                 {{}}::bigint[]) WITH ORDINALITY
                     AS c ({_COLUMNS}, seq, place) ORDER BY place) added
"""
_RENEW = """
    UPDATE contacts c
       SET push_name = r.push_name, named_at = r.named_at, first_seen_at = r.first_seen_at,
           last_seen_at = r.last_seen_at
      FROM unnest({}::uuid[], {}::text[], {}::timestamptz[], {}::timestamptz[], {}::timestamptz[])
           AS r (id, push_name, named_at, first_seen_at, last_seen_at)
     WHERE c.tenant = {} AND c.id = r.id
"""


async def record(tenant_id: TenantId, sightings: Iterable[Sighting]) -> None:
    """Makes the sightings known; safe to repeat. Joins the transaction that is open, if any.

    Most batches tell of nobody new: they cost one read. What changes somebody is planned again
    under a lock of the tenant's, so that two commits that learn the same make one row.
    Raises NotFoundError when the tenant's rows are gone.
    """
    seen = put_together(map(_to_storable, sightings))
    if not seen or not await _plan(tenant_id, seen):
        return
    async with transaction():
        # A statement of its own: the next one must see what was committed while this one waited.
        # On a row that the portal's role may not lock; whoever refers to the tenant passes by.
        await ContactTable.raw("SELECT 1 FROM tenants WHERE id = {} FOR NO KEY UPDATE", tenant_id)
        await _write(tenant_id, await _plan(tenant_id, seen))


async def list_page(
    tenant_id: TenantId, *, limit: int, cursor: str | None = None, digits: str | None = None
) -> Page[ContactView]:
    """Newest first, by when they were first seen. digits: part of the phone or of the LID."""
    after = parse_cursor(cursor, of=_LIST)
    where, values = ["tenant = {}"], list[Any]([tenant_id])
    if digits is not None:
        where.append("(position({} in phone) > 0 OR position({} in lid) > 0)")
        values += [digits, digits]
    if after is not None:
        seq, named = seq_of(after, "contacts", at="first_seen_at", tenant_id=tenant_id)
        where.append(f"(first_seen_at, seq) < ({{}}, {seq})")
        values += [after.at, *named]
    rows = await ContactTable.raw(
        f"SELECT {_COLUMNS} FROM contacts WHERE {' AND '.join(where)}"
        " ORDER BY first_seen_at DESC, seq DESC LIMIT {}",
        *values,
        limit + 1,
    )
    return to_page(
        rows,
        limit=limit,
        item=_to_view,
        cursor=lambda row: Cursor(_LIST, row["first_seen_at"], to_uuid(row["id"])),
    )


async def list_seen(
    tenant_id: TenantId, *, limit: int, since: datetime | None = None
) -> list[ContactView]:
    """Last seen first: all who were seen at `since` or later, and `limit` more."""
    rows = await ContactTable.raw(
        f"SELECT {_COLUMNS} FROM contacts WHERE tenant = {{}} ORDER BY last_seen_at DESC, seq"
        " LIMIT {} + (SELECT count(*) FROM contacts WHERE tenant = {} AND last_seen_at >= {})",
        tenant_id,
        limit,
        tenant_id,
        since or _NEVER,
    )
    return [_to_view(row) for row in rows]


async def get_named(tenant_id: TenantId, name: str) -> ContactView:
    """name: the phone or the LID. Raises NotFoundError, also for another tenant's."""
    key = to_key(name)
    rows = await ContactTable.raw(
        f"SELECT {_COLUMNS} FROM contacts WHERE tenant = {{}} AND (phone = {{}} OR lid = {{}})",
        tenant_id,
        key,
        key,
    )
    if not rows:
        raise NotFoundError("there is no such contact")
    return _to_view(rows[0])


async def list_named(tenant_id: TenantId, names: Collection[str]) -> list[ContactView]:
    """Those of the tenant who have one of these phones or LIDs."""
    keys = [to_key(name) for name in names]
    rows = await ContactTable.raw(
        f"SELECT {_COLUMNS} FROM contacts WHERE tenant = {{}}"
        " AND (phone = ANY({}::text[]) OR lid = ANY({}::text[]))",
        tenant_id,
        keys,
        keys,
    )
    return [_to_view(row) for row in rows]


async def list_called(tenant_id: TenantId, words: str, *, limit: int) -> list[ContactView]:
    """Those whose own name for themselves has `words` in it, last seen first."""
    rows = await ContactTable.raw(
        f"SELECT {_COLUMNS} FROM contacts WHERE tenant = {{}}"
        " AND position(lower({}) in lower(push_name)) > 0 ORDER BY last_seen_at DESC, seq DESC"
        " LIMIT {}",
        tenant_id,
        to_storable(words),
        limit,
    )
    return [_to_view(row) for row in rows]


async def _plan(tenant_id: TenantId, seen: Sequence[Sighting]) -> ContactChange:
    rows = await ContactTable.raw(
        f"SELECT {_COLUMNS} FROM contacts WHERE tenant = {{}}"
        " AND (phone = ANY({}::text[]) OR lid = ANY({}::text[]))",
        tenant_id,
        [sighting.phone for sighting in seen if sighting.phone],
        [sighting.lid for sighting in seen if sighting.lid],
    )
    return plan_contacts(map(_to_contact, rows), seen, fresh_ids=ascending_ids(len(seen)))


async def _write(tenant_id: TenantId, change: ContactChange) -> None:
    places: dict[UUID, int] = {}
    if change.removed:
        removed = await ContactTable.raw(
            "DELETE FROM contacts WHERE tenant = {} AND id = ANY({}::uuid[]) RETURNING id, seq",
            tenant_id,
            change.removed,
        )
        places = {to_uuid(row["id"]): row["seq"] for row in removed}
    if change.added:
        columns = [
            [getattr(contact, name) for contact in change.added]
            for name in Contact.__struct_fields__
        ]
        kept = [places.get(contact.id) for contact in change.added]
        try:
            await ContactTable.raw(_INSERT, tenant_id, *columns, kept)
        except asyncpg.ForeignKeyViolationError as error:
            raise NotFoundError("there is no such tenant") from error
    if change.renewed:
        await ContactTable.raw(
            _RENEW,
            [contact.id for contact in change.renewed],
            [contact.push_name for contact in change.renewed],
            [contact.named_at for contact in change.renewed],
            [contact.first_seen_at for contact in change.renewed],
            [contact.last_seen_at for contact in change.renewed],
            tenant_id,
        )


def _to_storable(sighting: Sighting) -> Sighting:
    return msgspec.structs.replace(
        sighting,
        phone=to_key(sighting.phone) if sighting.phone else None,
        lid=to_key(sighting.lid) if sighting.lid else None,
        push_name=to_storable(sighting.push_name),
    )


def _to_contact(row: dict[str, Any]) -> Contact:
    return Contact(**(row | {"id": to_uuid(row["id"])}))


def _to_view(row: dict[str, Any]) -> ContactView:
    return ContactView(
        id=to_uuid(row["id"]),
        phone=row["phone"],
        lid=row["lid"],
        push_name=row["push_name"] or None,
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
    )
