"""How much was said, and how quickly it was answered."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.enums import Direction, MessageKind
from shared.ids import TenantId
from shared.structs.counts import AnswerTimes, Count
from shared.tables import MessageHour, MessageLog

# Of the newest answers: their times are looked up one by one.
ANSWERS = 300
_NO_ANSWERS = ", ".join(
    f"'{kind.value}'" for kind in (MessageKind.REACTION, MessageKind.EDIT, MessageKind.DELETE)
)


async def count_between(tenant_id: TenantId, edges: Sequence[datetime]) -> list[Count]:
    """From each edge to the next, in order; by whole hours of UTC."""
    rows = await MessageHour.raw(
        "SELECT width_bucket(hour, {}::timestamptz[]) AS place, direction,"
        " sum(messages)::integer AS messages FROM message_hours"
        " WHERE tenant = {} AND hour >= {} AND hour < {} GROUP BY 1, 2",
        list(edges),
        tenant_id,
        edges[0],
        edges[-1],
    )
    found = {(row["place"], row["direction"]): row["messages"] for row in rows}
    return [
        Count(found.get((place, Direction.IN.value), 0), found.get((place, Direction.OUT.value), 0))
        for place in range(1, len(edges))
    ]


async def find_answer_times(tenant_id: TenantId, *, since: datetime) -> AnswerTimes | None:
    """Of the newest answers since then, at most `ANSWERS`; None where there are none.

    What came in bears WhatsApp's time, to the second, and the answer ours: less than nothing is
    nothing.
    """
    rows = await MessageLog.raw(
        "WITH answers AS ("
        " SELECT in_reply_to, occurred_at FROM message_logs"
        "  WHERE tenant = {} AND direction = 'OUT' AND created_at >= {}"
        f"   AND in_reply_to IS NOT NULL AND kind NOT IN ({_NO_ANSWERS})"
        "  ORDER BY seq DESC LIMIT {})"
        " SELECT count(*) AS answers,"
        "  percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY greatest("
        "   extract(epoch FROM a.occurred_at - m.occurred_at)::float8, 0)) AS seconds"
        " FROM answers a JOIN message_logs m"
        "  ON m.tenant = {} AND m.direction = 'IN' AND m.wa_message_id = a.in_reply_to",
        tenant_id,
        since,
        ANSWERS,
        tenant_id,
    )
    if not rows[0]["answers"]:
        return None
    median, p95 = (timedelta(seconds=each) for each in rows[0]["seconds"])
    return AnswerTimes(answers=rows[0]["answers"], median=median, p95=p95)
