"""Whose rows a transaction may see: the portal shows a proof, and the database says whose it is.

The row policies of the role `flowhq_portal` ask for a ticket, which only functions of the database
make: of the token of a session, of a mailed link, or of a password. It is good in its transaction,
for a minute. So a handler that names another tenant gets nothing. Without a guard that role sees
nothing at all.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import msgspec
import structlog

from shared.db.engine import is_in_transaction, transaction
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.tables import Tenant

log = structlog.get_logger(__name__)

# What every token of ours is shorter than; anything longer is nobody's.
_LONGEST = 200
_session: ContextVar[str] = ContextVar("session", default="")


class NoProofError(NotFoundError):
    """The session, the link or the password is good for nothing, or for somebody else."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    member_id: UUID
    tenant_id: TenantId | None


def show_session(token: str) -> None:
    """What the browser holds, for the rest of this request and whatever follows from it. Call it
    for each request, also with nothing.
    """
    _session.set(_to_proof(token))


@asynccontextmanager
async def session_transaction() -> AsyncIterator[Opened | None]:
    """The rows of whoever the session is of; None, and no rows, when it is over."""
    async with _transaction():
        yield await _open_session()


@asynccontextmanager
async def tenant_transaction(tenant_id: TenantId) -> AsyncIterator[None]:
    """The session's rows, which are this tenant's: else it raises NoProofError."""
    async with _transaction():
        opened = await _open_session()
        _ensure(opened is not None and opened.tenant_id == tenant_id, opened)
        yield


@asynccontextmanager
async def member_transaction(member_id: UUID, *, tenant_id: TenantId | None) -> AsyncIterator[None]:
    """The session's rows, which are this member's and this tenant's: else NoProofError."""
    async with _transaction():
        opened = await _open_session()
        _ensure(opened == Opened(member_id=member_id, tenant_id=tenant_id), opened)
        yield


@asynccontextmanager
async def account_transaction(email: str, shown: str) -> AsyncIterator[None]:
    """The rows of who knows the password. shown: what hashing it came to. Raises NoProofError."""
    async with _transaction():
        await open_account(email, shown)
        yield


@asynccontextmanager
async def link_transaction(token: str) -> AsyncIterator[None]:
    """What the holder of a mailed link may see: the link, and what it is about."""
    async with _transaction():
        await open_link(token)
        yield


@asynccontextmanager
async def new_link_transaction(token: str) -> AsyncIterator[None]:
    """For a link that is about to be made, by who proved nothing."""
    async with _transaction():
        await bring_link(token)
        yield


async def open_link(token: str) -> None:
    """Within a transaction: what the link opens now, with the account that was made of it."""
    await _ask("SELECT flowhq_open_link({}) AS is_open", _to_proof(token))


async def open_account(email: str, shown: str) -> None:
    """Within a transaction: from here on the account's rows. Raises NoProofError."""
    rows = await _ask("SELECT flowhq_open_account({}, {}) AS is_open", email, shown)
    _ensure(rows[0]["is_open"], None)


async def open_business(tenant_id: TenantId) -> None:
    """Within a member's transaction, who has no tenant yet: that of an id that nobody has."""
    rows = await _ask("SELECT flowhq_open_business({}) AS is_open", tenant_id)
    _ensure(rows[0]["is_open"], None)


async def bring_link(token: str) -> None:
    """Within a transaction: a link that was mailed, or is about to be made, beside whose it is."""
    await _set("proof", _to_proof(token))


def _to_proof(token: str) -> str:
    """Nobody's, where it cannot be one of ours: not every text can be sent to the database."""
    is_text = token.isascii() and token.isprintable() and len(token) <= _LONGEST
    return token if is_text else ""


async def _open_session() -> Opened | None:
    rows = await _ask("SELECT * FROM flowhq_open_session({})", _session.get())
    if not rows:
        return None
    tenant_id, member_id = rows[0]["opened_tenant"], rows[0]["opened_member"]
    return Opened(
        member_id=UUID(str(member_id)),
        tenant_id=None if tenant_id is None else TenantId(UUID(str(tenant_id))),
    )


def _ensure(is_right: bool, opened: Opened | None) -> None:  # noqa: FBT001  an assertion
    if is_right:
        return
    if opened is not None:
        # A mistake of ours, unless the member was moved in this very moment.
        log.warning("guard.named_another", opened=str(opened.tenant_id))
    raise NoProofError("there is no proof of that")


@asynccontextmanager
async def _transaction() -> AsyncIterator[None]:
    # Joining one that is open would change under its feet whose rows it sees.
    assert not is_in_transaction(), "a guard opens the transaction, and joins none"
    async with transaction():
        yield


async def _set(name: str, value: str) -> None:
    # `true`: until the transaction ends, however it ends; the pool keeps nothing of it.
    await _ask("SELECT set_config({}, {}, true)", f"flowhq.{name}", value)


async def _ask(query: str, *values: Any) -> list[dict[str, Any]]:
    assert is_in_transaction(), "a guard opens the transaction"
    rows: list[dict[str, Any]] = await Tenant.raw(query, *values)
    return rows
