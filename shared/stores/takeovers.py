"""Who answers which chat: the bot, unless a person has taken it over."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

import asyncpg

from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores.text import to_key
from shared.structs.takeovers import REMEMBERED, ChatTaken
from shared.tables import Takeover

# Far more than people of one business talk to at once; what is told to a worker is one frame.
MAX_TOLD = 1000
# As the table's constraints have it.
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


async def record(tenant_id: TenantId, words: Iterable[ChatTaken]) -> None:
    """Safe to repeat, late and in any order; a word about no chat is none. Raises NotFoundError
    when the tenant is gone.
    """
    newest: dict[str, ChatTaken] = {}
    for word in filter(lambda word: word.chat, words):
        known = newest.get(to_key(word.chat))
        if known is None or known.changed_at < word.changed_at:
            newest[to_key(word.chat)] = word
    if not newest:
        return
    try:
        await Takeover.raw(
            "INSERT INTO takeovers (tenant, chat, until, changed_at)"
            " SELECT {}, * FROM unnest({}::text[], {}::timestamptz[], {}::timestamptz[])"
            " ON CONFLICT (tenant, chat) DO UPDATE"
            " SET until = excluded.until, changed_at = excluded.changed_at"
            " WHERE takeovers.changed_at < excluded.changed_at",
            tenant_id,
            list(newest),
            [_within_bounds(word.until) for word in newest.values()],
            [_within_bounds(word.changed_at) for word in newest.values()],
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise NotFoundError("there is no such tenant") from error


def _within_bounds(at: datetime) -> datetime:
    """A worker's clock may tell any time; the row's bounds are narrower."""
    return min(max(at, _FIRST), _LAST)


async def find(tenant_id: TenantId, names: Collection[str]) -> ChatTaken | None:
    """The newest word about the chat that has these names: a LID, a phone or both."""
    rows = await Takeover.raw(
        "SELECT chat, until, changed_at FROM takeovers WHERE tenant = {} AND chat = ANY({}::text[])"
        " ORDER BY changed_at DESC LIMIT 1",
        tenant_id,
        [to_key(name) for name in names],
    )
    return ChatTaken(**rows[0]) if rows else None


async def list_told(tenant_id: TenantId, *, now: datetime) -> list[ChatTaken]:
    """What a worker must know: what holds, and what was said lately. Newest first."""
    rows = await Takeover.raw(
        "SELECT chat, until, changed_at FROM takeovers"
        " WHERE tenant = {} AND (until > {} OR changed_at > {}) ORDER BY changed_at DESC LIMIT {}",
        tenant_id,
        now,
        now - REMEMBERED,
        MAX_TOLD,
    )
    return [ChatTaken(**row) for row in rows]


async def list_held(tenant_id: TenantId, *, now: datetime) -> set[str]:
    """The names of the chats in which the bot is silent, as far as their newest word says so."""
    rows = await Takeover.raw(
        "SELECT chat FROM takeovers WHERE tenant = {} AND until > {}", tenant_id, now
    )
    return {row["chat"] for row in rows}
