"""An operator whom the provider names: known by the address, or made with the role it gives."""

from secrets import token_urlsafe
from typing import Any

from controlplane.oidc.claims import Identity
from controlplane.oidc.refusals import ProviderRefusedError, Refusal
from controlplane.services.acting import Caller, leave_trace
from controlplane.services.sign_in_operator import Door, Entered, leave_sign_in
from shared.db.engine import transaction
from shared.enums import CallerKind, OperatorRole
from shared.errors import ConflictError
from shared.stores import operator_sessions, operators
from shared.stores.operators import LastAdminError
from shared.stores.secrets import hash_secret
from shared.structs.operators import Operator
from shared.web.origin import Origin

_PASSWORD_BYTES = 32


async def sign_in_by_provider(
    door: Door, identity: Identity, *, origin: Origin, address: str, old_token: str | None
) -> Entered:
    """A new session; the one of before ends. All of it, or nothing.

    Raises ProviderRefusedError.
    """
    now = door.clock.now()
    unusable = await door.passwords.hash(token_urlsafe(_PASSWORD_BYTES))
    async with transaction():
        await operators.hold_lock()
        operator = await _find(identity, password_hash=unusable, address=address)
        if old_token:
            await operator_sessions.end(hash_secret(old_token))
        session = await operator_sessions.begin(operator.id, now=now, proved_at=identity.proved_at)
        device = door.devices.find(origin.device, operator.id, now=now)
        await leave_sign_in(
            operator, origin, address=address, is_known=device is not None, provider=True
        )
    return Entered(operator=operator, session=session)


async def _find(identity: Identity, *, password_hash: str, address: str) -> Operator:
    """With the role that the provider gives, where it gives one."""
    found = await operators.find_by_email(identity.email)
    if found is None:
        return await _make(identity, password_hash=password_hash, address=address)
    operator, role = found[0], identity.role
    if role is None or role is operator.role:
        return operator
    try:
        await operators.set_role(operator.id, role)
    except LastAdminError as error:
        raise ProviderRefusedError(Refusal.LAST_ADMIN) from error
    await operator_sessions.end_all(operator.id)
    await _tell(identity, "operator.role_set", address=address, was=operator.role, role=role)
    return Operator(id=operator.id, email=operator.email, role=role)


async def _make(identity: Identity, *, password_hash: str, address: str) -> Operator:
    """Without a password that anybody knows. Only where the provider says which role."""
    if identity.role is None:
        raise ProviderRefusedError(Refusal.UNKNOWN)
    if len(await operators.list_all()) == operators.MAX_OPERATORS:
        raise ProviderRefusedError(Refusal.UNKNOWN, "too many operators")
    try:
        made = await operators.create(
            identity.email, password_hash=password_hash, role=identity.role
        )
    except ConflictError as error:  # a member of the portal has the address
        raise ProviderRefusedError(Refusal.UNKNOWN, "an account of the portal") from error
    await _tell(identity, "operator.added", address=address, role=identity.role)
    return Operator(id=made.id, email=made.email, role=made.role)


async def _tell(
    identity: Identity, action: str, *, address: str, role: OperatorRole, **more: Any
) -> None:
    """By the provider: they did it to themselves by signing in."""
    caller = Caller(kind=CallerKind.OPERATOR, name=identity.email, address=address)
    await leave_trace(caller, action, email=identity.email, role=role, provider=True, **more)
