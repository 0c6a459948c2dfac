"""Browsers in which a member is signed in to the portal, by the hash of the token of each."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from shared.stores.members import to_member
from shared.stores.secrets import hash_secret, new_secret
from shared.structs.members import Member
from shared.tables import BrowserSession


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """idle: how long a session lasts that nobody uses. whole: however much it is used."""

    idle: timedelta
    whole: timedelta


MEMBERS = Life(idle=timedelta(days=7), whole=timedelta(days=30))
# Who may do everything signs in more often.
OPERATORS = Life(idle=timedelta(hours=12), whole=timedelta(days=7))
# How long a session was used is for nobody to know to the second: not worth a write per page.
PRECISION = timedelta(hours=1)


async def begin(member_id: UUID, *, now: datetime) -> str:
    """The token, which cannot be had again."""
    token = new_secret("fhs")
    await BrowserSession.raw(
        "INSERT INTO browser_sessions (member, token_hash, created_at, expires_at)"
        " VALUES ({}, {}, {}, {})",
        member_id,
        hash_secret(token),
        now,
        now + MEMBERS.idle,
    )
    return token


async def find(token_hash: str, *, now: datetime) -> tuple[Member, bool] | None:
    """Whose it is, within the transaction of its token; None when it is over.

    The flag: whether it is worth to `prolong` it.
    """
    rows = await BrowserSession.raw(
        "SELECT u.id, u.tenant, u.role, u.email, u.language, s.expires_at, s.created_at"
        " FROM browser_sessions s JOIN users u ON u.id = s.member"
        " WHERE s.token_hash = {} AND s.expires_at > {}",
        token_hash,
        now,
    )
    if not rows:
        return None
    wanted = min(now + MEMBERS.idle, rows[0]["created_at"] + MEMBERS.whole)
    return to_member(rows[0]), wanted - rows[0]["expires_at"] > PRECISION


async def prolong(token_hash: str, *, now: datetime) -> None:
    await BrowserSession.raw(
        "UPDATE browser_sessions SET expires_at = least({}, created_at + {})"
        " WHERE token_hash = {} AND expires_at > {}",
        now + MEMBERS.idle,
        MEMBERS.whole,
        token_hash,
        now,
    )


async def end(token_hash: str) -> None:
    await BrowserSession.raw("DELETE FROM browser_sessions WHERE token_hash = {}", token_hash)


async def end_all(member_id: UUID) -> None:
    """In every browser."""
    await BrowserSession.raw("DELETE FROM browser_sessions WHERE member = {}", member_id)


async def sweep(*, now: datetime) -> None:
    await BrowserSession.raw("SELECT flowhq_sweep_sessions({})", now)
