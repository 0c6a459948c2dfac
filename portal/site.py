"""Puts the portal's pages together."""

from collections.abc import Mapping
from pathlib import Path

from litestar import Litestar
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.di import Provide

from portal.pages import front, language
from portal.problems import HANDLERS
from portal.settings import PortalSettings
from portal.texts import TEXTS
from portal.visitor import meet_visitor
from shared.clock import Clock
from shared.web import assets, pages
from shared.web.assets import Assets, serve_asset
from shared.web.headers import add_page_headers
from shared.web.health import Check, healthz, readyz
from shared.web.pages import Pages

TEMPLATES = Path(__file__).parent / "templates"
# Forms are small.
MAX_BODY_BYTES = 64 * 1024


def create_site(settings: PortalSettings, *, clock: Clock, checks: Mapping[str, Check]) -> Litestar:
    """The ASGI application; reads its templates and static files now.

    checks: for `/readyz`, by name; each raises when its part does not answer.
    """
    static = Assets([assets.DIRECTORY])
    return Litestar(
        route_handlers=[healthz, readyz, serve_asset, front.front, language.choose],
        dependencies={"checks": Provide(lambda: checks, sync_to_thread=False)},
        exception_handlers=HANDLERS,
        before_request=meet_visitor,
        before_send=[add_page_headers],
        csrf_config=CSRFConfig(
            secret=settings.secret,
            cookie_name="__Host-csrf" if settings.is_secure else "csrf",
            cookie_secure=settings.is_secure,
            cookie_httponly=True,
            cookie_samesite="lax",
        ),
        openapi_config=None,
        request_max_body_size=MAX_BODY_BYTES,
        state=State(
            {
                "assets": static,
                "pages": Pages([pages.DIRECTORY, TEMPLATES], assets=static, texts=TEXTS),
                "clock": clock,
                "settings": settings,
            }
        ),
        logging_config=None,
    )
