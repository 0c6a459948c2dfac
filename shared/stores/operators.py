"""Accounts of the people who run the platform: no tenant's, and nobody's in the portal."""

from typing import Any
from uuid import UUID

import asyncpg

from shared.enums import UserRole
from shared.errors import NotFoundError
from shared.stores.members import EmailTakenError
from shared.stores.rows import to_uuid
from shared.structs.operators import OperatorView
from shared.tables import User

# More are no operators but a mistake; so the list needs no pages.
MAX_OPERATORS = 100


async def create(email: str, *, password_hash: str) -> OperatorView:
    """Raises EmailTakenError."""
    try:
        rows = await User.raw(
            "INSERT INTO users (email, password_hash, role) VALUES ({}, {}, {})"
            " RETURNING id, email, created_at",
            email,
            password_hash,
            UserRole.ADMIN.value,
        )
    except asyncpg.UniqueViolationError as error:
        raise EmailTakenError("another account has this address") from error
    return _to_view(rows[0])


async def list_all() -> list[OperatorView]:
    """Oldest first."""
    rows = await User.raw(
        "SELECT id, email, created_at FROM users WHERE role = {} ORDER BY seq LIMIT {}",
        UserRole.ADMIN.value,
        MAX_OPERATORS,
    )
    return [_to_view(row) for row in rows]


async def get(operator_id: UUID) -> OperatorView:
    """Raises NotFoundError, also for a member of a tenant."""
    return await _one("SELECT id, email, created_at FROM users", operator_id)


async def remove(operator_id: UUID) -> OperatorView:
    """The account, and with it every session. Raises NotFoundError like `get`."""
    return await _one("DELETE FROM users", operator_id, " RETURNING id, email, created_at")


async def _one(beginning: str, operator_id: UUID, end: str = "") -> OperatorView:
    rows = await User.raw(
        f"{beginning} WHERE id = {{}} AND role = {{}}{end}", operator_id, UserRole.ADMIN.value
    )
    if not rows:
        raise NotFoundError("there is no such operator")
    return _to_view(rows[0])


def _to_view(row: dict[str, Any]) -> OperatorView:
    return OperatorView(id=to_uuid(row["id"]), email=row["email"], created_at=row["created_at"])
