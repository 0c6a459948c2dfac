"""What members ask of their worker's link in the portal, for the control plane to do.

A row is the fact; that one is there is told by a trigger. One that waits longer than `LIFE` is
not done any more: whoever asked has gone.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from shared.enums import LinkWish
from shared.ids import TenantId
from shared.stores.rows import read_each, to_uuid
from shared.tables import LinkRequest

LIFE = timedelta(seconds=60)


class LinkOrder(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: TenantId
    wish: LinkWish


async def ask(tenant_id: TenantId, wish: LinkWish, *, now: datetime) -> None:
    """At most one of a kind waits for each tenant: the newest."""
    await LinkRequest.raw(
        "INSERT INTO link_requests (tenant, wish, created_at) VALUES ({}, {}, {})"
        " ON CONFLICT (tenant, wish) DO UPDATE SET created_at = excluded.created_at",
        tenant_id,
        wish.value,
        now,
    )


async def take_all(*, now: datetime) -> list[LinkOrder]:
    """Each once, oldest first: what is taken is gone, done or not. What somebody is just writing
    comes the next time; nobody else's waits for it.
    """
    rows = await LinkRequest.raw(
        "WITH taken AS (DELETE FROM link_requests WHERE id IN ("
        "SELECT id FROM link_requests FOR UPDATE SKIP LOCKED) RETURNING tenant, wish, created_at)"
        " SELECT tenant, wish FROM taken WHERE created_at > {} ORDER BY created_at",
        now - LIFE,
    )
    return read_each(rows, _to_order, of="link request")


def _to_order(row: dict[str, Any]) -> LinkOrder:
    return LinkOrder(tenant_id=TenantId(to_uuid(row["tenant"])), wish=LinkWish(row["wish"]))
