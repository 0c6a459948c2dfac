"""One's own account: the password."""

from http import HTTPStatus

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from controlplane.api.parameters import Acting, Hashing
from controlplane.dashboard.confirming import confirm
from controlplane.dashboard.problems import wrong_of
from controlplane.dashboard.visitor import SIGN_IN
from controlplane.rights import Right, needs
from controlplane.services.set_operator_password import set_operator_password
from shared.errors import InvalidInputError
from shared.structs.operators import Operator
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest


@get("/account", opt=needs(Right.OWN))
async def show(request: PageRequest) -> Response[str]:
    return page(request, "account.html", wrong={})


@post("/account/password", opt=needs(Right.OWN))
async def set_password(
    request: PageRequest,
    operator: NamedDependency[Operator],
    caller: Acting,
    passwords: Hashing,
) -> Response[str] | Redirect:
    """Every browser is signed out by it, also this one."""
    form = await read_form(request)
    try:
        proved = await confirm(request, form.get("current", ""))
        await set_operator_password(
            operator.id,
            form.get("password", ""),
            passwords=passwords,
            caller=caller,
            proved=proved,
        )
    except InvalidInputError as error:
        status, wrong = HTTPStatus.UNPROCESSABLE_ENTITY, wrong_of(error)
        return page(request, "account.html", status=status, wrong=wrong)
    return go_to(SIGN_IN)
