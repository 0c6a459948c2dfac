"""A worker that tells of more chats than any phone has."""

import asyncio
import time
from datetime import timedelta
from uuid import uuid4

from attack.checks import Check, Outcome
from attack.ground import Ground
from attack.neighbours import disturb, sites
from attack.worker.line import CLOSED, Line, make_hostile
from shared.clock import SystemClock
from shared.enums import MessageKind
from shared.wire.events import MessageReceived, Party
from shared.wire.frames import Ack, Events, Numbered

CHATS = 5_000
BATCH = 250
FIRST = 700_000_000
LONGEST = 20.0
# Of a page of the tenant's own, once all that is there.
SLOWEST_PAGE = 2.0


async def chats(ground: Ground) -> Outcome:
    (attacker,) = await make_hostile(ground, 1, pool="many-chats")
    taken = 0

    async def act() -> list[str]:
        nonlocal taken
        try:
            async with asyncio.timeout(LONGEST), Line(ground, attacker.token) as line:
                for first in range(0, CHATS, BATCH):
                    await line.send(Events(events=_write(first, attacker.business.phone_number)))
                while taken < CHATS:
                    reply = await line.receive(LONGEST)
                    taken = reply.seq if isinstance(reply, Ack) else taken
        except CLOSED:
            pass  # held back: a bound stands
        return await _read(ground, attacker.business.id)

    breaches, waits = await disturb(ground, sites(ground), act)
    return Outcome(saw=f"{taken} of {CHATS} chats taken: {waits}", breaches=breaches)


async def _read(ground: Ground, tenant: str) -> list[str]:
    found = []
    for path in (f"/admin/tenants/{tenant}/contacts?limit=500", f"/admin/tenants/{tenant}/logs"):
        began = time.monotonic()
        answer = await ground.platform.api.get(path)
        took = time.monotonic() - began
        if not answer.is_success or took > SLOWEST_PAGE:
            found.append(f"GET {path}: answered {answer.status_code} after {took:.1f} s")
    return found


def _write(first: int, own: str) -> list[Numbered]:
    """Of people who never wrote before."""
    now = SystemClock().now()
    return [
        Numbered(
            number + 1,
            MessageReceived(
                wa_message_id=uuid4().hex,
                kind=MessageKind.TEXT,
                contact=Party(phone=f"+255{FIRST + number}"),
                own_phone=own,
                text="Hello",
                at=now,
            ),
        )
        for number in range(first, first + BATCH)
    ]


CHECKS = [
    Check(
        name="worker.many-chats",
        fence="contacts (shared/contacts.py, shared/stores/contacts.py)",
        expects="pages that open, and neighbours who wait no longer than in calm",
        attack=chats,
        budget=timedelta(seconds=90),
    ),
]
