"""A new password for an operator, who is signed out everywhere by it."""

from uuid import UUID

from controlplane.services.acting import Caller, leave_trace
from controlplane.services.read_account import check_password
from shared.db.engine import transaction
from shared.stores import browser_sessions, members, operators
from shared.structs.operators import OperatorView
from shared.web.passwords import Passwords


async def set_operator_password(
    operator_id: UUID, password: str, *, passwords: Passwords, caller: Caller
) -> OperatorView:
    """Raises InvalidInputError, NotFoundError."""
    operator = await operators.get(operator_id)
    check_password(password, email=operator.email)
    password_hash = await passwords.hash(password)
    async with transaction():
        await members.set_password(operator_id, password_hash)
        await browser_sessions.end_all(operator_id)
        await leave_trace(caller, "operator.password_set", email=operator.email)
    return operator
