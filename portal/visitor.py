"""Who asks: known before a page is made, so that also an error speaks the right language."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from litestar.datastructures import Cookie

from portal.house import House
from shared.db.guard import session_transaction, show_session
from shared.enums import Language
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores import browser_sessions
from shared.stores.secrets import hash_secret
from shared.structs.members import Member
from shared.web import origin
from shared.web.devices import LIFE
from shared.web.language import choose_language
from shared.web.origin import Origin
from shared.web.requests import PageRequest, SignInNeededError

log = structlog.get_logger(__name__)

LANGUAGE_COOKIE = "language"
A_YEAR = timedelta(days=365)
# As controlplane/dashboard/desk.py names it, with `__Host-` in front or without.
_OF_DASHBOARD = "dashboard-session"


class BusinessNeededError(Exception):
    """The page is about a business, and the member has described none yet."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """session: the hash of the token that the browser holds, if it is signed in."""

    language: Language
    member: Member | None = None
    session: str | None = None


async def meet_visitor(request: PageRequest) -> None:
    """Before every page that exists."""
    if request.route_handler.opt.get("static"):
        return
    token = request.cookies.get(house_of(request).cookies.session) or ""
    show_session(token)
    _warn_of_shared_host(request)
    stranger = to_stranger(request)
    request.state.visitor = stranger
    if token:
        request.state.visitor = await _find_member(house_of(request), token) or stranger


def _warn_of_shared_host(request: PageRequest) -> None:
    """Once: whoever set this up has it to mend, and nobody who only visits."""
    state = request.app.state
    if not state.get("host_is_shared") and any(
        name.endswith(_OF_DASHBOARD) for name in request.cookies
    ):
        state.host_is_shared = True
        log.error("host.shared", reason="browsers send the dashboard's session to the portal")


async def _find_member(house: House, token: str) -> Visitor | None:
    session, now = hash_secret(token), house.clock.now()
    async with session_transaction():
        found = await browser_sessions.find(session, now=now)
        if found is None:
            return None
        member, is_worth_prolonging = found
        if is_worth_prolonging:
            await browser_sessions.prolong(session, now=now)
    return Visitor(language=member.language, member=member, session=session)


def to_stranger(request: PageRequest) -> Visitor:
    cookie, accept = request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language")
    return Visitor(language=choose_language(cookie, accept))


def visitor_of(request: PageRequest) -> Visitor:
    """A stranger where nobody was met: the address does not exist, or meeting failed."""
    visitor = request.state.get("visitor")
    return visitor if isinstance(visitor, Visitor) else to_stranger(request)


def session_of(request: PageRequest) -> str:
    """For pages of members: the hash of the session's token."""
    session = visitor_of(request).session
    assert session is not None, "the page is for members"
    return session


async def provide_member(request: PageRequest) -> Member:
    """For pages of members. Raises SignInNeededError."""
    member = visitor_of(request).member
    if member is None:
        raise SignInNeededError
    return member


async def provide_tenant_id(request: PageRequest) -> TenantId:
    """For pages about a business. Raises SignInNeededError, BusinessNeededError."""
    tenant_id = (await provide_member(request)).tenant_id
    if tenant_id is None:
        raise BusinessNeededError
    return tenant_id


async def ensure_signed_in(request: PageRequest) -> None:
    """For what goes on after a page was given. Raises NotFoundError when the session is over, or
    its member is not any more what the page was made for.
    """
    visitor = visitor_of(request)
    session, member = visitor.session, visitor.member
    assert session is not None, "the page was for members"
    assert member is not None, "the page was for members"
    async with session_transaction():
        found = await browser_sessions.find(session, now=house_of(request).clock.now())
    if found is None or (found[0].role, found[0].tenant_id) != (member.role, member.tenant_id):
        raise NotFoundError("the session is over")


def origin_of(request: PageRequest) -> Origin:
    return origin.origin_of(request, house_of(request).cookies)


def house_of(request: PageRequest) -> House:
    house: House = request.app.state.house
    return house


def frame_of(request: PageRequest) -> dict[str, Any]:
    """What every page of the portal shows."""
    visitor = visitor_of(request)
    return {"language": visitor.language, "visitor": visitor}


def to_session_cookie(house: House, token: str) -> Cookie:
    """Without a token: the one that takes it away."""
    return house.cookies.hold(token, life=browser_sessions.MEMBERS.whole)


def to_cookies(request: PageRequest, member_id: UUID, session: str) -> list[Cookie]:
    """Of a browser that has just been let in: also for the next time."""
    house, cookies = house_of(request), house_of(request).cookies
    marked = house.devices.mark(origin_of(request).device, member_id, now=house.clock.now())
    return [to_session_cookie(house, session), cookies.keep(cookies.device, marked, life=LIFE)]


def to_language_cookie(house: House, language: Language) -> Cookie:
    return house.cookies.keep(LANGUAGE_COOKIE, language.value, life=A_YEAR)
