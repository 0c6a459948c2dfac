"""Events of workers that were out of bounds, as they came: no customer's word is lost over it."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import asyncpg
import msgspec

from shared.db.engine import transaction
from shared.enums import RefusalOutcome
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores.text import to_storable
from shared.tables import RefusedEvent

# Of each tenant: a worker of ours makes none, so this is what a hostile one may fill.
KEPT = 1_000
# A longer one is no event of a worker of ours; its beginning tells what it was.
MAX_PAYLOAD = 512 * 1024
# And together, of the newest: a hostile worker sends nothing but the longest.
KEPT_BYTES = 64 * 1024 * 1024

_INSERT = """
    INSERT INTO refused_events (tenant, digest, outcome, problem, payload, at)
    SELECT {}, r.digest, r.outcome, r.problem, r.payload, {}
      FROM unnest({}::text[], {}::text[], {}::text[], {}::bytea[])
           WITH ORDINALITY AS r (digest, outcome, problem, payload, position)
     ORDER BY position
    ON CONFLICT (tenant, digest) DO NOTHING
"""
_TRIM = """
    DELETE FROM refused_events WHERE id IN (SELECT id FROM (
        SELECT id, row_number() OVER newest AS place, sum(length(payload)) OVER newest AS size
          FROM refused_events WHERE tenant = {} WINDOW newest AS (ORDER BY seq DESC)
    ) kept WHERE place > {} OR size > {})
"""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    outcome: RefusalOutcome
    problem: str
    payload: bytes


async def keep(tenant_id: TenantId, refusals: Sequence[Refusal], *, now: datetime) -> None:
    """Safe to repeat. Lets go of the tenant's oldest beyond what is kept. Raises NotFoundError when
    the tenant's rows are gone.
    """
    by_digest = {sha256(each.payload).hexdigest(): each for each in refusals}
    if not by_digest:
        return
    async with transaction():
        try:
            await RefusedEvent.raw(
                _INSERT,
                tenant_id,
                now,
                list(by_digest),
                [each.outcome.value for each in by_digest.values()],
                [to_storable(each.problem) for each in by_digest.values()],
                [each.payload[:MAX_PAYLOAD] for each in by_digest.values()],
            )
        except asyncpg.ForeignKeyViolationError as error:
            raise NotFoundError("there is no such tenant") from error
        await RefusedEvent.raw(_TRIM, tenant_id, KEPT, KEPT_BYTES)


async def list_newest(tenant_id: TenantId, *, limit: int) -> list[Refusal]:
    rows = await RefusedEvent.raw(
        "SELECT outcome, problem, payload FROM refused_events WHERE tenant = {}"
        " ORDER BY seq DESC LIMIT {}",
        tenant_id,
        limit,
    )
    return [
        Refusal(
            outcome=RefusalOutcome(row["outcome"]),
            problem=row["problem"],
            payload=bytes(row["payload"]),
        )
        for row in rows
    ]
