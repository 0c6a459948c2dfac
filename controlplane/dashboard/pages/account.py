"""One's own account: the password, and whether there is an authenticator."""

from http import HTTPStatus
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from controlplane.api.parameters import Acting, Hashing
from controlplane.dashboard.confirming import confirm
from controlplane.dashboard.problems import wrong_of
from controlplane.dashboard.visitor import ENROLS, SIGN_IN
from controlplane.rights import Right, needs
from controlplane.services.set_operator_password import set_operator_password
from shared.errors import InvalidInputError
from shared.stores import second_steps
from shared.structs.operators import Operator
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest


@get("/account", opt=ENROLS | needs(Right.OWN))
async def show(request: PageRequest, operator: NamedDependency[Operator]) -> Response[str]:
    return await account_page(request, operator)


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
        proved = await confirm(request, form)
        await set_operator_password(
            operator.id,
            form.get("password", ""),
            passwords=passwords,
            caller=caller,
            proved=proved,
        )
    except InvalidInputError as error:
        return await account_page(request, operator, about="password", wrong=wrong_of(error))
    return go_to(SIGN_IN)


async def account_page(request: PageRequest, operator: Operator, **values: Any) -> Response[str]:
    """about, wrong: of the form that was sent."""
    shown: dict[str, Any] = {"about": "", "wrong": {}} | values
    return page(
        request,
        "account.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if shown["wrong"] else HTTPStatus.OK,
        codes_left=await second_steps.count_recovery_codes(operator.id),
        **shown,
    )
