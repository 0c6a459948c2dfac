"""In by a provider of OpenID Connect: there with an errand, and back with a code."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from litestar import Response, get
from litestar.response import Redirect

from controlplane.dashboard.desk import Desk, desk_of
from controlplane.dashboard.pages.sign_in import HOME, let_in
from controlplane.dashboard.visitor import session_of
from controlplane.oidc.claims import Identity, read_identity
from controlplane.oidc.errand import LIFE, Errand, new_errand, open_errand, seal_errand
from controlplane.oidc.provider import Provider
from controlplane.oidc.refusals import ProviderRefusedError, Refusal
from controlplane.services.sign_in_by_provider import sign_in_by_provider
from shared.enums import SecurityKind, SecuritySite
from shared.errors import NotFoundError
from shared.security import note
from shared.web import limits
from shared.web.limits import OPERATORS, Limit, TooManyAttemptsError
from shared.web.origin import Origin, origin_of
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest, address_of, local_path

log = structlog.get_logger(__name__)

AnswerT = TypeVar("AnswerT", bound=Response[Any])
# Each sign-in that was begun is ended once, whoever comes with it again.
ONCE = Limit(name="provider/state", tries=1, window=LIFE, site=OPERATORS)
# Each asks the provider for us: a whole office, and no flood.
FROM_NETWORK = Limit(
    name="provider/address", tries=60, window=timedelta(minutes=15), site=OPERATORS
)


@get("/sign-in/provider")
async def leave_for(request: PageRequest) -> Response[str] | Redirect:
    """A link and no form: pages here send forms to no other site."""
    desk, provider = desk_of(request), _provider_of(request)
    wanted = local_path(request.query_params.get("next", ""), HOME)
    is_fresh = request.query_params.get("fresh") == "1"
    errand = new_errand(wanted, is_fresh=is_fresh, now=desk.clock.now())
    origin = origin_of(request, desk.cookies)
    await limits.count(FROM_NETWORK, origin.network, clock=desk.clock)
    try:
        address = await provider.to_address(
            state=errand.state, nonce=errand.nonce, verifier=errand.verifier, is_fresh=is_fresh
        )
    except ProviderRefusedError as error:
        return _refuse(request, error, origin=origin)
    answer = go_to(address)
    kept = seal_errand(errand, sealer=desk.sealer)
    answer.cookies.append(desk.cookies.keep(desk.cookies.errand, kept, life=LIFE))
    return answer


@get("/sign-in/provider/back")
async def come_back(request: PageRequest) -> Response[str] | Redirect:
    desk, provider = desk_of(request), _provider_of(request)
    origin = origin_of(request, desk.cookies)
    await limits.count(FROM_NETWORK, origin.network, clock=desk.clock)
    try:
        errand = await _find_errand(request, desk)
        identity = await _identify(request, provider, errand, desk)
        entered = await sign_in_by_provider(
            desk.door,
            identity,
            origin=origin,
            address=address_of(request),
            old_token=session_of(request),
        )
    except ProviderRefusedError as error:
        return _forget_errand(_refuse(request, error, origin=origin), desk)
    return _forget_errand(let_in(desk, entered, device=origin.device, wanted=errand.wanted), desk)


async def _find_errand(request: PageRequest, desk: Desk) -> Errand:
    """Of this browser, and not done yet. Raises ProviderRefusedError."""
    cookie = request.cookies.get(desk.cookies.errand, "")
    errand = open_errand(cookie, sealer=desk.sealer, now=desk.clock.now())
    if errand is None or errand.state != request.query_params.get("state"):
        raise ProviderRefusedError(Refusal.FORGOTTEN)
    try:
        await limits.count(ONCE, errand.state, clock=desk.clock)
    except TooManyAttemptsError as error:
        raise ProviderRefusedError(Refusal.FORGOTTEN, "done already") from error
    return errand


async def _identify(
    request: PageRequest, provider: Provider, errand: Errand, desk: Desk
) -> Identity:
    """Raises ProviderRefusedError."""
    asked, settings = request.query_params, provider.settings
    # RFC 9207: of several providers, none answers for another.
    if asked.get("iss", settings.issuer) != settings.issuer:
        raise ProviderRefusedError(Refusal.ISSUER, "answer")
    code = asked.get("code", "")
    if "error" in asked or not code:
        raise ProviderRefusedError(Refusal.DENIED)
    claims = await provider.redeem(code, verifier=errand.verifier, nonce=errand.nonce)
    return read_identity(
        claims,
        role_claim=settings.role_claim,
        roles=settings.roles,
        asked_at=errand.expires_at - LIFE if errand.is_fresh else None,
        now=desk.clock.now(),
    )


def _provider_of(request: PageRequest) -> Provider:
    provider = desk_of(request).provider
    if provider is None:
        raise NotFoundError("no provider is set up")
    return provider


def _refuse(request: PageRequest, error: ProviderRefusedError, *, origin: Origin) -> Response[str]:
    log.warning("operator.provider_refused", refusal=error.refusal, detail=error.detail)
    is_away = error.refusal is Refusal.AWAY
    if not is_away:
        note(SecuritySite.DASHBOARD, SecurityKind.SIGN_IN_FAILED, source=origin.network)
    return page(
        request,
        "provider_refused.html",
        status=HTTPStatus.BAD_GATEWAY if is_away else HTTPStatus.FORBIDDEN,
        refusal=error.refusal.lower(),
        provider=_provider_of(request).settings.name,
    )


def _forget_errand(answer: AnswerT, desk: Desk) -> AnswerT:
    answer.cookies.append(desk.cookies.keep(desk.cookies.errand, "", life=timedelta(0)))
    return answer
