"""Accounts of the people who run the platform: no tenant's, and nobody's in the portal."""

from typing import Any
from uuid import UUID

import asyncpg

from shared.db.engine import transaction
from shared.enums import OperatorRole, UserRole
from shared.errors import ConflictError, NotFoundError
from shared.stores.members import EmailTakenError
from shared.stores.rows import to_uuid
from shared.structs.operators import Operator, OperatorView
from shared.tables import OperatorAccount, User

# More are no operators but a mistake; so the list needs no pages.
MAX_OPERATORS = 100
_VIEW = "u.id, u.email, u.created_at, a.role, a.totp_confirmed_at"
_FROM = "users u JOIN operator_accounts a ON a.operator = u.id"


class LastAdminError(ConflictError):
    """Nobody else may administer the platform."""


async def create(
    email: str, *, password_hash: str, role: OperatorRole = OperatorRole.ADMIN
) -> OperatorView:
    """Raises EmailTakenError."""
    async with transaction():
        try:
            rows = await User.raw(
                "INSERT INTO users (email, password_hash, role) VALUES ({}, {}, {}) RETURNING id",
                email,
                password_hash,
                UserRole.ADMIN.value,
            )
        except asyncpg.UniqueViolationError as error:
            raise EmailTakenError("another account has this address") from error
        operator_id = to_uuid(rows[0]["id"])
        await OperatorAccount.raw(
            "INSERT INTO operator_accounts (operator, role) VALUES ({}, {})",
            operator_id,
            role.value,
        )
        return await get(operator_id)


async def list_all() -> list[OperatorView]:
    """Oldest first."""
    rows = await User.raw(f"SELECT {_VIEW} FROM {_FROM} ORDER BY u.seq LIMIT {{}}", MAX_OPERATORS)
    return [_to_view(row) for row in rows]


async def get(operator_id: UUID) -> OperatorView:
    """Raises NotFoundError, also for a member of a tenant."""
    rows = await User.raw(f"SELECT {_VIEW} FROM {_FROM} WHERE u.id = {{}}", operator_id)
    if not rows:
        raise NotFoundError("there is no such operator")
    return _to_view(rows[0])


async def find_by_email(email: str) -> tuple[Operator, str | None] | None:
    """The operator, and the hash of the password."""
    rows = await User.raw(
        f"SELECT {_VIEW}, u.password_hash FROM {_FROM} WHERE lower(u.email) = {{}}", email.lower()
    )
    return (to_operator(rows[0]), rows[0]["password_hash"]) if rows else None


async def set_role(operator_id: UUID, role: OperatorRole) -> None:
    """Raises LastAdminError."""
    await _keep_admin(
        "UPDATE operator_accounts SET role = {} WHERE operator = {}", role.value, operator_id
    )


async def remove(operator_id: UUID) -> None:
    """The account, and with it every session. Raises LastAdminError."""
    await _keep_admin(
        "DELETE FROM users WHERE id = {} AND role = {}", operator_id, UserRole.ADMIN.value
    )


async def hold_lock() -> None:
    """Makes whoever else is about to change who administers wait until this transaction ends: of
    two who remove each other one is refused.
    """
    await OperatorAccount.raw("LOCK TABLE operator_accounts IN SHARE ROW EXCLUSIVE MODE")


async def _keep_admin(statement: str, *values: Any) -> None:
    try:
        await OperatorAccount.raw(statement, *values)
    except asyncpg.RestrictViolationError as error:
        raise LastAdminError("the last admin stays one: make another one ADMIN first") from error


def to_operator(row: dict[str, Any]) -> Operator:
    return Operator(
        id=to_uuid(row["id"]),
        email=row["email"],
        role=OperatorRole(row["role"]),
        has_second_step=row["totp_confirmed_at"] is not None,
        proved_at=row.get("proved_at"),
    )


def _to_view(row: dict[str, Any]) -> OperatorView:
    return OperatorView(
        id=to_uuid(row["id"]),
        email=row["email"],
        role=OperatorRole(row["role"]),
        second_step=row["totp_confirmed_at"] is not None,
        created_at=row["created_at"],
    )
