"""`/admin/operators`: people who may use the dashboard."""

from litestar import Router, delete, get, post, put
from litestar.params import JSONBody

from controlplane.api.parameters import Acting, Hashing, OperatorPath
from controlplane.api.problems import documented
from controlplane.services.add_operator import add_operator
from controlplane.services.remove_operator import remove_operator
from controlplane.services.set_operator_password import set_operator_password
from shared.stores import operators
from shared.structs.operators import CreateOperatorInput, OperatorView, SetPasswordInput
from shared.structs.pages import Page


@post("/", summary="Add an operator, who may sign in at once", responses=documented(409, 413))
async def add(
    data: JSONBody[CreateOperatorInput], caller: Acting, passwords: Hashing
) -> OperatorView:
    return await add_operator(data, passwords=passwords, caller=caller)


@get("/", summary="All operators, oldest first", responses=documented())
async def list_all() -> Page[OperatorView]:
    return Page(items=await operators.list_all())


@put(
    "/{operator_id:str}/password",
    summary="Set an operator's password; signs out every browser of theirs",
    responses=documented(404, 413),
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
    "/{operator_id:str}",
    status_code=200,
    summary="Remove an operator, who is signed out at once",
    responses=documented(404),
)
async def remove(operator_id: OperatorPath, caller: Acting) -> OperatorView:
    return await remove_operator(operator_id, caller=caller)


operators_router = Router(
    "/operators", route_handlers=[add, list_all, set_password, remove], tags=["Operators"]
)
