"""A business that an operator enters."""

from http import HTTPStatus

from litestar import Response, get, post
from litestar.response import Redirect

from controlplane.api.parameters import Acting
from controlplane.dashboard.problems import Wrong, wrong_of
from controlplane.dashboard.tenant_form import WrongFormError, blank_form, read_tenant, to_fields
from controlplane.rights import Right, needs
from controlplane.services.create_tenant import create_tenant
from shared.enums import TemplateType, Weekday
from shared.errors import ConflictError, InvalidInputError
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest


@get("/new-tenant", opt=needs(Right.ADMINISTER))
async def show(request: PageRequest) -> Response[str]:
    return _form(request, blank_form(), wrong={})


@post("/new-tenant", opt=needs(Right.ADMINISTER))
async def create(request: PageRequest, caller: Acting) -> Response[str] | Redirect:
    form = await read_form(request)
    try:
        tenant = await create_tenant(read_tenant(form), caller=caller)
    except WrongFormError as error:
        return _form(request, form, wrong=error.wrong)
    except (InvalidInputError, ConflictError) as error:
        return _form(request, form, wrong=to_fields(wrong_of(error)))
    return go_to(f"/dashboard/tenants/{tenant.id}")


def _form(request: PageRequest, form: dict[str, str], *, wrong: Wrong) -> Response[str]:
    return page(
        request,
        "new_tenant.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        form=blank_form() | form,
        wrong=wrong,
        days=[day.value for day in Weekday],
        templates=[each.value for each in TemplateType],
    )
