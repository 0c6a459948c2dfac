"""A person who may use the dashboard."""

from controlplane.services.acting import Caller, leave_trace
from controlplane.services.read_account import check_email, check_password
from shared.db.engine import transaction
from shared.errors import ConflictError
from shared.stores import operators
from shared.structs.operators import CreateOperatorInput, OperatorView
from shared.web.passwords import Passwords


async def add_operator(
    given: CreateOperatorInput, *, passwords: Passwords, caller: Caller
) -> OperatorView:
    """Raises InvalidInputError, EmailTakenError, ConflictError when there are too many."""
    check_email(given.email)
    await check_password(given.password, email=given.email)
    password_hash = await passwords.hash(given.password)
    async with transaction():
        if len(await operators.list_all()) == operators.MAX_OPERATORS:
            raise ConflictError(f"there are {operators.MAX_OPERATORS} operators: remove one first")
        operator = await operators.create(given.email, password_hash=password_hash, role=given.role)
        await leave_trace(caller, "operator.added", email=operator.email, role=operator.role)
    return operator
