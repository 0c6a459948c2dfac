"""Accounts of members. Whose are visible is the guard's to say (`shared.db.guard`)."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg

from shared.db.engine import transaction
from shared.enums import Language, UserRole
from shared.errors import ConflictError, NotFoundError, PermanentError
from shared.ids import TenantId
from shared.stores.rows import read, read_each, to_uuid
from shared.structs.members import Member, Offer
from shared.tables import User

_COLUMNS = "id, tenant, role, email, language"


class EmailTakenError(ConflictError):
    """Another account has this address."""


class LastOwnerError(ConflictError):
    """The business would be left without an owner."""


class NotAnOwnerError(PermanentError):
    """The database does not take the member for an owner of the business, or not any more."""


class PasswordChangedError(ConflictError):
    """The account is gone, or has another password than the one that was proved."""


async def create_owner(email: str, *, password_hash: str, language: Language) -> UUID:
    """Within the transaction of a sign-up's proof. Raises EmailTakenError."""
    member_id = uuid4()
    try:
        await User.raw(
            "INSERT INTO users (id, email, password_hash, role, language)"
            " VALUES ({}, {}, {}, {}, {})",
            member_id,
            email,
            password_hash,
            UserRole.OWNER.value,
            language.value,
        )
    except asyncpg.UniqueViolationError as error:
        raise EmailTakenError("another account has this address") from error
    return member_id


async def create_invited(
    email: str, offer: Offer, *, password_hash: str | None, language: Language
) -> UUID:
    """Within the transaction of the invitation's proof, or by an operator. Raises EmailTakenError.

    password_hash: None for who will choose one by mail.
    """
    member_id = uuid4()
    try:
        await User.raw(
            "INSERT INTO users (id, email, password_hash, role, language, tenant)"
            " VALUES ({}, {}, {}, {}, {}, {})",
            member_id,
            email,
            password_hash,
            offer.role.value,
            language.value,
            offer.tenant_id,
        )
    except asyncpg.UniqueViolationError as error:
        raise EmailTakenError("another account has this address") from error
    return member_id


async def take_invitation(member_id: UUID) -> None:
    """The account of the address joins what its invitation offers, within the transaction of the
    invitation's proof. Raises ConflictError for one that has a business.
    """
    rows = await User.raw("SELECT flowhq_take_invitation({}) AS done", member_id)
    if not rows[0]["done"]:
        raise ConflictError("the member has a tenant")


async def list_team(tenant_id: TenantId) -> list[Member]:
    """Oldest first; at most two hundred."""
    rows = await User.raw(
        f"SELECT {_COLUMNS} FROM users WHERE tenant = {{}} AND role <> 'ADMIN'"
        " ORDER BY seq LIMIT 200",
        tenant_id,
    )
    return read_each(rows, to_member, of="member")


async def set_role(member_id: UUID, role: UserRole) -> None:
    """Of a colleague, in the transaction of an owner.

    Raises NotFoundError, LastOwnerError, NotAnOwnerError.
    """
    await _manage("SELECT flowhq_set_role({}, {}) AS done", member_id, role.value)


async def remove(member_id: UUID) -> None:
    """With every session, in the transaction of an owner. Raises as `set_role`."""
    await _manage("SELECT flowhq_remove_member({}) AS done", member_id)


async def remove_of_tenant(tenant_id: TenantId, member_id: UUID) -> Member:
    """With every session, and be it the last owner. Raises NotFoundError."""
    rows = await User.raw(
        f"DELETE FROM users WHERE id = {{}} AND tenant = {{}} RETURNING {_COLUMNS}",
        member_id,
        tenant_id,
    )
    if not rows:
        raise NotFoundError("the tenant has no such member")
    return to_member(rows[0])


async def get(member_id: UUID) -> Member:
    rows = await User.raw(f"SELECT {_COLUMNS} FROM users WHERE id = {{}}", member_id)
    if not rows:
        raise NotFoundError("there is no such member")
    return to_member(rows[0])


async def find_account(email: str) -> tuple[Member, str | None] | None:
    """Without a guard, for who is about to show a password: the member, and the settings and salt
    of the password's hash, which are None until one was set.
    """
    rows = await User.raw("SELECT * FROM flowhq_find_account({})", email)
    return (to_member(rows[0]), rows[0]["salt"]) if rows else None


async def is_password(email: str, shown: str) -> bool:
    """Without a guard. shown: what hashing a password with the account's salt came to."""
    rows = await User.raw("SELECT flowhq_is_password({}, {}) AS is_right", email, shown)
    return bool(rows[0]["is_right"])


async def find_by_email(email: str) -> tuple[Member, str | None] | None:
    """As the owner: the member, and the hash of the password, which is None until one was set."""
    rows = await User.raw(
        f"SELECT {_COLUMNS}, password_hash FROM users WHERE lower(email) = {{}}", email.lower()
    )
    return (to_member(rows[0]), rows[0]["password_hash"]) if rows else None


async def hold_password(member_id: UUID, password_hash: str) -> None:
    """The password that was proved a moment ago is still the one, and stays it until this
    transaction ends. Raises PasswordChangedError.
    """
    await _hold(member_id, password_hash, is_to_change=False)


async def replace_password(member_id: UUID, password_hash: str, *, proved: str) -> None:
    """proved: the hash of before. Raises PasswordChangedError where it is not that any more."""
    async with transaction():
        await _hold(member_id, proved, is_to_change=True)
        await _change(member_id, "password_hash", password_hash)


async def set_password(member_id: UUID, password_hash: str) -> None:
    await _change(member_id, "password_hash", password_hash)


async def set_language(member_id: UUID, language: Language) -> None:
    await _change(member_id, "language", language.value)


async def set_email(member_id: UUID, email: str) -> None:
    """Raises EmailTakenError."""
    try:
        await _change(member_id, "email", email)
    except asyncpg.UniqueViolationError as error:
        raise EmailTakenError("another account has this address") from error


async def join(member_id: UUID, tenant_id: TenantId) -> None:
    """Raises ConflictError for a member who has a tenant."""
    rows = await User.raw(
        "UPDATE users SET tenant = {} WHERE id = {} AND tenant IS NULL RETURNING id",
        tenant_id,
        member_id,
    )
    if not rows:
        raise ConflictError("the member has a tenant")


async def _hold(member_id: UUID, password_hash: str, *, is_to_change: bool) -> None:
    rows = await User.raw(
        "SELECT flowhq_hold_password({}, {}, {}) AS is_held", member_id, password_hash, is_to_change
    )
    if not rows[0]["is_held"]:
        raise PasswordChangedError("the password was changed meanwhile")


async def _manage(query: str, *values: Any) -> None:
    try:
        rows = await User.raw(query, *values)
    except asyncpg.RestrictViolationError as error:
        raise LastOwnerError("the last owner stays") from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise NotAnOwnerError("owners manage the team") from error
    if not rows[0]["done"]:
        raise NotFoundError("there is no such member")


async def _change(member_id: UUID, column: str, value: str) -> None:
    rows = await User.raw(
        f"UPDATE users SET {column} = {{}} WHERE id = {{}} RETURNING id", value, member_id
    )
    if not rows:
        raise NotFoundError("there is no such member")


def to_member(row: dict[str, Any]) -> Member:
    """Raises UnreadableRowError."""
    return read(row, _to_member, of="member")


def _to_member(row: dict[str, Any]) -> Member:
    return Member(
        id=to_uuid(row["id"]),
        tenant_id=None if row["tenant"] is None else TenantId(to_uuid(row["tenant"])),
        role=UserRole(row["role"]),
        email=row["email"],
        language=Language(row["language"]),
    )
