"""Guards that the portal's role opens for whom nobody signed in, by whatever it can say itself."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from uuid import uuid4

import asyncpg

from attack.checks import Check, Outcome
from attack.ground import Ground
from attack.sql.catalogue import list_tables
from attack.sql.session import REFUSALS, as_owner, as_portal, open_guard, say, signed_in, undone

FENCE = "the ticket that opens a guard (shared/db/guard.py, flowhq_ticket in shared/db/migrations)"
TICKET = "SELECT current_setting('flowhq.ticket', true)"
ENDED = "UPDATE browser_sessions SET expires_at = now() - interval '1 s' WHERE member = $1::uuid"


async def choosing_a_tenant(ground: Ground) -> Outcome:
    """The name of another tenant, said by the portal itself, also in a ticket that it changed."""
    async with (
        as_owner(ground) as owner,
        as_portal(ground) as portal,
        signed_in(owner, ground.beta.ids["owner_id"]) as token,
    ):
        tables = [each for each in await list_tables(owner) if each.owner_column and each.reads]
        breaches, tried = [], 0
        async with undone(portal):
            await open_guard(portal, token)
            good = str(await portal.fetchval(TICKET))
        for name, words in _forge(ground, good):
            tried += 1
            for table in tables:
                async with undone(portal):
                    await say(portal, **words)
                    seen = await _count(portal, table.name)
                if seen:
                    breaches.append(f"{table.name}: {seen} rows by {name}")
    return Outcome(
        saw=f"{tried} guards that nobody signed in for, at {len(tables)} tables", breaches=breaches
    )


async def bad_proofs(ground: Ground) -> Outcome:
    """What is no session of anybody's, or not any more."""
    owner_id = ground.beta.ids["owner_id"]
    async with as_owner(ground) as owner, as_portal(ground) as portal:
        breaches = []
        async with signed_in(owner, owner_id) as token:
            hashed = await owner.fetchval(
                "SELECT token_hash FROM browser_sessions WHERE member = $1::uuid"
                " ORDER BY created_at DESC LIMIT 1",
                owner_id,
            )
            proofs = {"its hash": hashed, "an empty one": "", "a tenant's id": ground.alpha.id}
            for name, proof in proofs.items():
                if await _opens(portal, proof):
                    breaches.append(f"a session was opened by {name}")
            await owner.execute(ENDED, owner_id)
            if await _opens(portal, token):
                breaches.append("a session was opened that is over")
        if await _opens(portal, token):
            breaches.append("a session was opened that was ended")
    return Outcome(saw=f"{len(proofs) + 2} proofs that are none", breaches=breaches)


async def replayed(ground: Ground) -> Outcome:
    """A good ticket, shown in another transaction and on another connection."""
    async with AsyncExitStack() as stack:
        owner = await stack.enter_async_context(as_owner(ground))
        first = await stack.enter_async_context(as_portal(ground))
        second = await stack.enter_async_context(as_portal(ground))
        token = await stack.enter_async_context(signed_in(owner, ground.beta.ids["owner_id"]))
        breaches = []
        async with undone(first):
            await open_guard(first, token)
            ticket = str(await first.fetchval(TICKET))
            if not await _count(first, "tenants"):
                breaches.append("the ticket opens nothing at all: nothing was looked at")
            async with undone(second):
                await say(second, ticket=ticket)
                if await _count(second, "tenants"):
                    breaches.append("a ticket was good on another connection")
        async with undone(first):
            await say(first, ticket=ticket)
            if await _count(first, "tenants"):
                breaches.append("a ticket was good in another transaction")
    return Outcome(
        saw="a ticket of another transaction and of another connection", breaches=breaches
    )


def _forge(ground: Ground, good: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Words of a guard, by what they are."""
    alpha, member = ground.alpha.id, ground.alpha.ids["owner_id"]
    beta, own, until, seal = good.split("|")
    yield "its name", {"tenant": alpha, "member": member, "role": "OWNER"}
    tickets = {
        "a ticket without a seal": f"{alpha}|{member}|{until}|",
        "a ticket with another's seal": f"{alpha}|{member}|{until}|{seal}",
        "a ticket for another member": f"{beta}|{member}|{until}|{seal}",
        "a ticket for longer": f"{beta}|{own}|{float(until) + 3600}|{seal}",
        "a ticket of another form": f"{alpha}|{member}|{until}|{seal}|{seal}",
        "a ticket that is only a name": alpha,
        "a ticket that is an array": f"{{{alpha},{member}}}",
        "a made-up seal": f"{alpha}|{member}|{until}|{uuid4().hex * 2}",
    }
    for name, ticket in tickets.items():
        yield name, {"ticket": ticket}


async def _opens(portal: asyncpg.Connection, proof: str) -> bool:
    async with undone(portal):
        rows = await portal.fetch("SELECT * FROM flowhq_open_session($1)", proof)
        return bool(rows) or bool(await _count(portal, "tenants"))


async def _count(portal: asyncpg.Connection, table: str) -> int:
    try:
        return int(await portal.fetchval(f"SELECT count(*) FROM {table}"))
    except REFUSALS:
        return 0


CHECKS = [
    Check(
        name="sql.choosing-a-tenant",
        fence=FENCE,
        expects="no rows for a guard that names whom nobody signed in for, however it is written",
        attack=choosing_a_tenant,
    ),
    Check(
        name="sql.bad-proofs",
        fence=FENCE,
        expects="no guard for a session's hash, for nothing, and for a session that is over",
        attack=bad_proofs,
    ),
    Check(
        name="sql.replayed-tickets",
        fence=FENCE,
        expects="no rows for a ticket of another transaction or another connection",
        attack=replayed,
    ),
]
