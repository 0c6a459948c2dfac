"""Another role for an operator, who signs in anew with it: no page is open that says too much."""

from uuid import UUID

import msgspec

from controlplane.services.acting import Caller, leave_trace
from shared.db.engine import transaction
from shared.enums import OperatorRole
from shared.stores import operator_sessions, operators
from shared.structs.operators import OperatorView


async def set_operator_role(
    operator_id: UUID, role: OperatorRole, *, caller: Caller
) -> OperatorView:
    """The role that it is already changes nothing. Raises NotFoundError, LastAdminError."""
    async with transaction():
        await operators.hold_lock()
        operator = await operators.get(operator_id)
        if operator.role is not role:
            await operators.set_role(operator_id, role)
            await operator_sessions.end_all(operator_id)
        await leave_trace(
            caller,
            "operator.role_set",
            email=operator.email,
            was=operator.role,
            role=role,
        )
    return msgspec.structs.replace(operator, role=role)
