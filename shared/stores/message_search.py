"""Finds messages by what was said, by whom and when, as the portal's role."""

from datetime import timedelta
from typing import Any

from shared.ids import TenantId
from shared.stores.cursors import parse_cursor, seq_of
from shared.stores.messages import list_where
from shared.stores.text import to_storable
from shared.structs.messages import MessageLogView
from shared.structs.pages import Page
from shared.structs.search import MessageSearch

_LIST = "found"
# The database searches for no more (`flowhq_find_messages`), and has no longer word in its index.
_LONGEST = 2000
_FIND = "SELECT found_id FROM flowhq_find_messages({}, {}, {}, {}, {}, {}, {}, {})"
# A row is written when its message has come, at once or as late as WhatsApp keeps one for a
# device that is away; clocks differ a little. It spares reading what cannot be meant.
_EARLIEST, _LATEST = timedelta(hours=1), timedelta(days=45)


async def search(
    tenant_id: TenantId, wanted: MessageSearch, *, limit: int, cursor: str | None = None
) -> Page[MessageLogView]:
    """Newest first, in the order in which they were written. Call it within the tenant's guard."""
    before = parse_cursor(cursor, of=_LIST)
    if len(wanted.words) > _LONGEST:
        return Page(items=[], next_cursor=None)
    where, values = ["m.tenant = {}"], list[Any]([tenant_id])
    if wanted.words or wanted.names:
        where.append(f"m.id IN ({_FIND})")
        values += [
            *(to_storable(wanted.words), [to_storable(name) for name in wanted.names]),
            *(wanted.direction, wanted.since, wanted.until),
            *((before.at, before.id) if before else (None, None)),
            limit + 1,
        ]
    else:
        _narrow(wanted, where, values)
        if before is not None:
            seq, named = seq_of(before, "message_logs", at="created_at", tenant_id=tenant_id)
            where.append(f"m.seq < {seq}")
            values += named
    return await list_where(where, values, limit=limit, of=_LIST)


def _narrow(wanted: MessageSearch, where: list[str], values: list[Any]) -> None:
    if wanted.direction is not None:
        where.append("m.direction = {}")
        values.append(wanted.direction.value)
    if wanted.since is not None:
        where.append("m.occurred_at >= {} AND m.created_at >= {}")
        values += [wanted.since, wanted.since - _EARLIEST]
    if wanted.until is not None:
        where.append("m.occurred_at < {} AND m.created_at < {}")
        values += [wanted.until, wanted.until + _LATEST]
