"""The routes of all three sites, as the applications themselves list them."""

import msgspec

from attack.errors import NotTriedError
from attack.ground import Ground
from shared.web.routes import Route

# By name, what everybody is answered. A route that is new is not among them, and must refuse.
PUBLIC = {
    "api": frozenset(
        {
            *("GET /healthz", "GET /readyz"),
            *("GET /schema", "GET /schema/openapi.json", "GET /schema/openapi-3.0.json"),
            *("GET /schema/assets/{name}", "GET /schema/{path}"),
        }
    ),
    "dashboard": frozenset(
        {
            *("GET /", "GET /static/{digest}/{name}"),
            *("GET /dashboard/sign-in", "POST /dashboard/sign-in"),
            *("GET /dashboard/sign-in/code", "POST /dashboard/sign-in/code"),
            *("GET /dashboard/sign-in/provider", "GET /dashboard/sign-in/provider/back"),
        }
    ),
    "portal": frozenset(
        {
            *("GET /", "POST /language", "GET /healthz", "GET /readyz"),
            *("GET /static/{digest}/{name}", "GET /sign-in", "POST /sign-in", "POST /sign-out"),
            *("GET /sign-up", "POST /sign-up", "GET /forgotten", "POST /forgotten"),
            *("GET /sign-up/{token}", "POST /sign-up/{token}"),
            *("GET /reset/{token}", "POST /reset/{token}"),
            *("GET /join/{token}", "POST /join/{token}"),
        }
    ),
}


async def list_routes(ground: Ground, site: str) -> list[Route]:
    """Raises NotTriedError."""
    part = "portal" if site == "portal" else "controlplane"
    try:
        printed = await ground.ask_part(part, "routes")
        routes = msgspec.json.decode(printed, type=list[Route])
    except (OSError, msgspec.DecodeError) as error:
        raise NotTriedError(f"{part} did not list its routes: {error}") from error
    return [route for route in routes if route.site == site]


async def list_closed(ground: Ground, site: str) -> list[Route]:
    """Those that are not for everybody. Raises NotTriedError."""
    routes = await list_routes(ground, site)
    return [route for route in routes if route.name not in PUBLIC[site]]
