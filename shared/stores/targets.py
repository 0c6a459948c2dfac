"""Finds the messages that requests name, each in its own chat and tenant or not at all."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.enums import Direction, MessageKind, OutboundState
from shared.ids import TenantId
from shared.stores.rows import read
from shared.structs.targets import Logged, Named, NotLogged, Target
from shared.tables import MessageLog

# Only as our answers write them: phones make message ids of 32 hexadecimal digits.
_OWN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# A contact's device chooses its ids, and may choose one of ours: then ours is meant.
_FIND = """
    SELECT w.position, l.direction, l.kind, l.message_text, l.wa_message_id, l.occurred_at,
           o.state
      FROM unnest({}::integer[], {}::text[], {}::uuid[], {}::text[])
           AS w (position, phone, id, wa_message_id)
      LEFT JOIN outbound_messages o ON o.tenant = {} AND o.id = w.id AND o.to_phone = w.phone
      LEFT JOIN LATERAL (
          SELECT * FROM message_logs WHERE tenant = {} AND id = w.id
          UNION ALL
          SELECT * FROM message_logs
           WHERE tenant = {} AND direction IN ('IN', 'OUT') AND wa_message_id = w.wa_message_id
          UNION ALL
          SELECT * FROM message_logs
           WHERE tenant = {} AND direction = 'OUT' AND wa_message_id = o.wa_message_id
      ) l ON w.phone = CASE l.direction WHEN 'IN' THEN l.from_number ELSE l.to_number END
          OR EXISTS (SELECT 1 FROM contacts c
                      WHERE c.tenant = l.tenant AND c.phone = w.phone AND c.lid = l.contact_lid)
     ORDER BY w.position, l.direction
"""


async def find_targets(tenant_id: TenantId, named: Sequence[Named]) -> list[Target | None]:
    """In the order given; None for what is not there, in another chat, or another tenant's.

    Raises UnreadableRowError.
    """
    found: list[Target | None] = [None] * len(named)
    if named:
        rows = await MessageLog.raw(
            _FIND,
            list(range(len(named))),
            [each.to for each in named],
            [UUID(each.message_id) if _is_own(each.message_id) else None for each in named],
            [None if _is_own(each.message_id) else each.message_id for each in named],
            *(tenant_id,) * 4,
        )
        for row in rows:
            found[row["position"]] = read(row, _to_target, of="message")
    return found


def _is_own(message_id: str) -> bool:
    return _OWN_ID.fullmatch(message_id) is not None


def _to_target(row: dict[str, Any]) -> Target | None:
    if row["wa_message_id"] is not None:
        return Logged(
            wa_message_id=row["wa_message_id"],
            direction=Direction(row["direction"]),
            kind=MessageKind(row["kind"]),
            text=row["message_text"],
            at=row["occurred_at"],
        )
    return NotLogged(state=OutboundState(row["state"])) if row["state"] is not None else None
