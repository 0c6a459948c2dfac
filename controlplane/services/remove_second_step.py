"""The end of an operator's authenticator: by themselves, or by an admin where it was lost."""

from uuid import UUID

from controlplane.services.acting import Caller, leave_trace
from shared.db.engine import transaction
from shared.stores import operator_sessions, operators, second_steps
from shared.structs.operators import OperatorView


async def remove_second_step(operator_id: UUID, *, caller: Caller) -> OperatorView:
    """With the recovery codes; signed out everywhere. Where there is none nothing changes.

    Raises NotFoundError.
    """
    async with transaction():
        operator = await operators.get(operator_id)
        was_there = await second_steps.remove(operator_id)
        if was_there:
            await operator_sessions.end_all(operator_id)
        await leave_trace(
            caller, "operator.second_step_removed", email=operator.email, changed=was_there
        )
    return await operators.get(operator_id)
