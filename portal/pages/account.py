"""A member's own account."""

from http import HTTPStatus

from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency

from portal.services.begin_by_mail import begin_email_change
from portal.services.check_password import check_password
from portal.visitor import house_of
from shared.structs.members import Member
from shared.web import limits
from shared.web.fields import FormError, read_email
from shared.web.forms import read_form
from shared.web.rendering import page
from shared.web.requests import PageRequest


@get("/account")
async def show(request: PageRequest, member: NamedDependency[Member]) -> Response[str]:
    return page(request, "account.html", member=member, email="", wrong={})


@post("/account/email")
async def change_email(request: PageRequest, member: NamedDependency[Member]) -> Response[str]:
    form, house = await read_form(request), house_of(request)
    try:
        email = read_email(form)
        await check_password(house, member, form.get("password", ""))
    except FormError as error:
        return page(
            request,
            "account.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            member=member,
            email=form.get("email", ""),
            wrong=error.wrong,
        )
    await limits.count(limits.MAIL_TO_ACCOUNT, email, clock=house.clock)
    answer = page(request, "mailed.html", email=email)
    answer.background = BackgroundTask(begin_email_change, house, email, member)
    return answer
