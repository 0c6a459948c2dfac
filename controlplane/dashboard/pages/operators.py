"""Who runs the platform, and what each may do."""

from http import HTTPStatus
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from controlplane.api.bodies import find_problems
from controlplane.api.parameters import Acting, Hashing
from controlplane.dashboard.confirming import confirm
from controlplane.dashboard.problems import to_wrong, wrong_of
from controlplane.rights import Right, needs
from controlplane.services.add_operator import add_operator
from controlplane.services.remove_operator import remove_operator
from controlplane.services.remove_second_step import remove_second_step
from controlplane.services.set_operator_role import set_operator_role
from shared.enums import OperatorRole
from shared.errors import ConflictError, InvalidInputError
from shared.stores import operators
from shared.structs.operators import CreateOperatorInput, UpdateOperatorInput
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest

PATH = "/dashboard/operators"
# The least: who wants more for somebody says so.
BLANK = {"email": "", "role": OperatorRole.READ_ONLY.value}
_PASSWORD_BYTES = 12


@get("/operators", opt=needs(Right.SEE_ACCESS))
async def show(request: PageRequest) -> Response[str]:
    return await _page(request)


@post("/operators", opt=needs(Right.ADMINISTER))
async def add(request: PageRequest, caller: Acting, passwords: Hashing) -> Response[str]:
    form, password = await read_form(request), token_urlsafe(_PASSWORD_BYTES)
    body = {name: form.get(name, "").strip() for name in BLANK} | {"password": password}
    try:
        if wrong := to_wrong(find_problems(body, CreateOperatorInput)):
            return await _page(request, form=form, wrong=wrong)
        given = msgspec.convert(body, CreateOperatorInput)
        await confirm(request, form)
        made = await add_operator(given, passwords=passwords, caller=caller)
    except (InvalidInputError, ConflictError) as error:
        return await _page(request, form=form, wrong=wrong_of(error))
    return await _page(request, made=made, password=password)


@get("/operators/{operator_id:uuid}", opt=needs(Right.SEE_ACCESS))
async def show_one(request: PageRequest, operator_id: FromPath[UUID]) -> Response[str]:
    return await _page_of(request, operator_id)


@post("/operators/{operator_id:uuid}/role", opt=needs(Right.ADMINISTER))
async def set_role(
    request: PageRequest, operator_id: FromPath[UUID], caller: Acting
) -> Response[str] | Redirect:
    await operators.get(operator_id)
    form = await read_form(request)
    body = {"role": form.get("role", "")}
    try:
        if wrong := to_wrong(find_problems(body, UpdateOperatorInput)):
            return await _page_of(request, operator_id, about="role", wrong=wrong)
        given = msgspec.convert(body, UpdateOperatorInput)
        await confirm(request, form)
        await set_operator_role(operator_id, given.role, caller=caller)
    except (InvalidInputError, ConflictError) as error:
        return await _page_of(request, operator_id, about="role", wrong=wrong_of(error))
    return go_to(f"{PATH}/{operator_id}")


@post("/operators/{operator_id:uuid}/second-step/reset", opt=needs(Right.ADMINISTER))
async def reset_second_step(
    request: PageRequest, operator_id: FromPath[UUID], caller: Acting
) -> Response[str] | Redirect:
    """For who has lost the authenticator and the recovery codes."""
    await operators.get(operator_id)
    form = await read_form(request)
    try:
        await confirm(request, form)
    except InvalidInputError as error:
        return await _page_of(request, operator_id, about="second-step", wrong=wrong_of(error))
    await remove_second_step(operator_id, caller=caller)
    return go_to(f"{PATH}/{operator_id}")


@post("/operators/{operator_id:uuid}/remove", opt=needs(Right.ADMINISTER))
async def remove(
    request: PageRequest, operator_id: FromPath[UUID], caller: Acting
) -> Response[str] | Redirect:
    await operators.get(operator_id)
    form = await read_form(request)
    try:
        await confirm(request, form)
        await remove_operator(operator_id, caller=caller)
    except (InvalidInputError, ConflictError) as error:
        return await _page_of(request, operator_id, about="remove", wrong=wrong_of(error))
    return go_to(PATH)


async def _page(
    request: PageRequest, *, form: dict[str, str] | None = None, **values: Any
) -> Response[str]:
    """made, password: of whoever was added, shown this once."""
    shown: dict[str, Any] = {"made": None, "wrong": {}} | values
    return page(
        request,
        "operators.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if shown["wrong"] else HTTPStatus.OK,
        everybody=await operators.list_all(),
        roles=[role.value for role in OperatorRole],
        form=BLANK | (form or {}),
        **shown,
    )


async def _page_of(request: PageRequest, operator_id: UUID, **values: Any) -> Response[str]:
    """about, wrong: of the form that was sent."""
    shown: dict[str, Any] = {"about": "", "wrong": {}} | values
    return page(
        request,
        "operator.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if shown["wrong"] else HTTPStatus.OK,
        one=await operators.get(operator_id),
        roles=[role.value for role in OperatorRole],
        **shown,
    )
