"""The end of an operator's account: signed out everywhere, at once."""

from uuid import UUID

from controlplane.services.acting import Caller, leave_trace
from shared.db.engine import transaction
from shared.stores import operators
from shared.structs.operators import OperatorView


async def remove_operator(operator_id: UUID, *, caller: Caller) -> OperatorView:
    """Raises NotFoundError, LastAdminError."""
    async with transaction():
        await operators.hold_lock()
        operator = await operators.get(operator_id)
        await operators.remove(operator_id)
        await leave_trace(caller, "operator.removed", email=operator.email)
    return operator
