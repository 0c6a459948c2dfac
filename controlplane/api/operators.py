"""`/admin/operators`: people who may use the dashboard."""

from litestar import Router, delete, get, patch, post, put
from litestar.params import JSONBody

from controlplane.api.parameters import Acting, Hashing, OperatorPath
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from controlplane.services.add_operator import add_operator
from controlplane.services.remove_operator import remove_operator
from controlplane.services.remove_second_step import remove_second_step
from controlplane.services.set_operator_password import set_operator_password
from controlplane.services.set_operator_role import set_operator_role
from shared.stores import operators
from shared.structs.operators import (
    CreateOperatorInput,
    OperatorView,
    SetPasswordInput,
    UpdateOperatorInput,
)
from shared.structs.pages import Page


@post(
    "/",
    summary="Add an operator, who may sign in at once",
    responses=documented(409, 413),
    opt=needs(Right.ADMINISTER),
)
async def add(
    data: JSONBody[CreateOperatorInput], caller: Acting, passwords: Hashing
) -> OperatorView:
    return await add_operator(data, passwords=passwords, caller=caller)


@get(
    "/", summary="All operators, oldest first", responses=documented(), opt=needs(Right.SEE_ACCESS)
)
async def list_all() -> Page[OperatorView]:
    return Page(items=await operators.list_all())


@patch(
    "/{operator_id:str}",
    summary="Give an operator another role; signs out every browser of theirs",
    responses=documented(404, 409, 413),
    opt=needs(Right.ADMINISTER),
)
async def update(
    operator_id: OperatorPath, data: JSONBody[UpdateOperatorInput], caller: Acting
) -> OperatorView:
    return await set_operator_role(operator_id, data.role, caller=caller)


@put(
    "/{operator_id:str}/password",
    summary="Set an operator's password; signs out every browser of theirs",
    responses=documented(404, 413),
    opt=needs(Right.ADMINISTER),
)
async def set_password(
    operator_id: OperatorPath,
    data: JSONBody[SetPasswordInput],
    caller: Acting,
    passwords: Hashing,
) -> OperatorView:
    return await set_operator_password(
        operator_id, data.password, passwords=passwords, caller=caller
    )


@delete(
    "/{operator_id:str}/second-step",
    status_code=200,
    summary="Remove an operator's authenticator, where it is lost; signs them out everywhere",
    responses=documented(404),
    opt=needs(Right.ADMINISTER),
)
async def reset_second_step(operator_id: OperatorPath, caller: Acting) -> OperatorView:
    return await remove_second_step(operator_id, caller=caller)


@delete(
    "/{operator_id:str}",
    status_code=200,
    summary="Remove an operator, who is signed out at once",
    responses=documented(404, 409),
    opt=needs(Right.ADMINISTER),
)
async def remove(operator_id: OperatorPath, caller: Acting) -> OperatorView:
    return await remove_operator(operator_id, caller=caller)


operators_router = Router(
    "/operators",
    route_handlers=[add, list_all, update, set_password, reset_second_step, remove],
    tags=["Operators"],
)
