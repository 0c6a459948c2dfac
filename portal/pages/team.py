"""Who is in the business; owners invite, promote and remove."""

from http import HTTPStatus
from uuid import UUID

from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from portal.insider import Insider
from portal.services.finish_by_mail import LinkOverError
from portal.services.invite import invite, send_invitation, withdraw_invitation
from portal.services.join_business import join_business, look_at_invitation
from portal.services.manage_team import change_role, find_colleague, remove_colleague, show_team
from portal.visitor import house_of, origin_of, to_cookies, to_language_cookie, visitor_of
from shared.enums import UserRole
from shared.errors import ConflictError
from shared.stores.members import LastOwnerError
from shared.web.fields import FormError, read_email
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest

ROLES = (UserRole.STAFF, UserRole.OWNER)


@get("/team")
async def show(request: PageRequest, insider: NamedDependency[Insider]) -> Response[str]:
    return await _page(request, insider, {})


@post("/team")
async def ask_to_join(
    request: PageRequest, owner: NamedDependency[Insider]
) -> Response[str] | Redirect:
    form, house = await read_form(request), house_of(request)
    try:
        email = read_email(form)
        letter = await invite(house, owner, email, _read_role(form))
    except FormError as error:
        return await _page(request, owner, form, wrong=error.wrong)
    answer = go_to("/team?invited=1")
    # A mail server may take its time.
    answer.background = BackgroundTask(send_invitation, house, owner, letter)
    return answer


@post("/team/invitations/{invitation_id:uuid}/withdraw")
async def withdraw(owner: NamedDependency[Insider], invitation_id: FromPath[UUID]) -> Redirect:
    await withdraw_invitation(owner, invitation_id)
    return go_to("/team")


@post("/team/{member_id:uuid}/role")
async def set_role(
    request: PageRequest, owner: NamedDependency[Insider], member_id: FromPath[UUID]
) -> Response[str] | Redirect:
    role = (await read_form(request)).get("role")
    try:
        if role in ROLES:
            await change_role(owner, member_id, UserRole(role))
    except LastOwnerError:
        return await _page(request, owner, {}, wrong={"team": "team.last_owner"})
    return go_to("/team")


@get("/team/{member_id:uuid}/remove")
async def ask_removal(
    request: PageRequest, owner: NamedDependency[Insider], member_id: FromPath[UUID]
) -> Response[str]:
    return page(request, "team_remove.html", colleague=await find_colleague(owner, member_id))


@post("/team/{member_id:uuid}/remove")
async def remove(
    request: PageRequest, owner: NamedDependency[Insider], member_id: FromPath[UUID]
) -> Response[str] | Redirect:
    try:
        await remove_colleague(owner, member_id)
    except LastOwnerError:
        return await _page(request, owner, {}, wrong={"team": "team.last_owner"})
    return go_to("/team")


@get("/join/{token:str}")
async def show_invitation(request: PageRequest, token: FromPath[str]) -> Response[str]:
    return await _invitation(request, token, wrong={})


@post("/join/{token:str}")
async def join(request: PageRequest, token: FromPath[str]) -> Response[str] | Redirect:
    form, house = await read_form(request), house_of(request)
    language = visitor_of(request).language
    try:
        member, session = await join_business(
            house, token, form.get("password", ""), language, origin=origin_of(request)
        )
    except FormError as error:
        return await _invitation(request, token, wrong=error.wrong)
    except LinkOverError:
        return page(request, "link_over.html", status=HTTPStatus.GONE)
    except ConflictError:
        # It says which account is in the way.
        return await _invitation(request, token, wrong={})
    answer = go_to("/home")
    answer.cookies += [
        *to_cookies(request, member.id, session),
        to_language_cookie(house, member.language),
    ]
    return answer


async def _invitation(request: PageRequest, token: str, *, wrong: dict[str, str]) -> Response[str]:
    try:
        invited = await look_at_invitation(house_of(request), token)
    except LinkOverError:
        return page(request, "link_over.html", status=HTTPStatus.GONE)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return page(request, "join.html", status=status, invited=invited, wrong=wrong)


def _read_role(form: dict[str, str]) -> UserRole:
    if form.get("role") not in ROLES:
        raise FormError({"role": "business.language_wrong"})
    return UserRole(form["role"])


async def _page(
    request: PageRequest,
    insider: Insider,
    form: dict[str, str],
    *,
    wrong: dict[str, str] | None = None,
) -> Response[str]:
    return page(
        request,
        "team.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        insider=insider,
        team=await show_team(insider, clock=house_of(request).clock),
        roles=ROLES,
        form=form,
        wrong=wrong or {},
        is_invited="invited" in request.query_params and not wrong,
    )
