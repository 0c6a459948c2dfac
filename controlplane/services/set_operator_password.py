"""A new password for an operator, who is signed out everywhere by it."""

from uuid import UUID

from controlplane.services.acting import Caller, leave_trace
from controlplane.services.read_account import check_password
from shared.db.engine import transaction
from shared.stores import members, operator_sessions, operators
from shared.structs.operators import OperatorView
from shared.web.passwords import Passwords


async def set_operator_password(
    operator_id: UUID,
    password: str,
    *,
    passwords: Passwords,
    caller: Caller,
    proved: str | None = None,
) -> OperatorView:
    """proved: what was kept of the old one, by who had to show it.

    Raises InvalidInputError, NotFoundError, PasswordChangedError when it is another by now.
    """
    operator = await operators.get(operator_id)
    await check_password(password, email=operator.email)
    password_hash = await passwords.hash(password)
    async with transaction():
        if proved is None:
            await members.set_password(operator_id, password_hash)
        else:
            await members.replace_password(operator_id, password_hash, proved=proved)
        await operator_sessions.end_all(operator_id)
        await leave_trace(caller, "operator.password_set", email=operator.email)
    return operator
