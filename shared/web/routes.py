"""The routes of an application, by its own list: what `python -m controlplane routes` prints."""

import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """path: `/messages/{person}`. needs: the names of the arguments that its handler takes."""

    site: str
    method: str
    path: str
    parameters: list[str]
    needs: list[str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def list_routes(site: str, app: Litestar) -> list[Route]:
    """One for each method of each path. OPTIONS, which every path answers, is left out."""
    found = [
        Route(
            site=site,
            method=str(method),
            path=route.path_format,
            parameters=sorted(route.path_parameters),
            needs=sorted(handler.parsed_fn_signature.parameters),
        )
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    ]
    return sorted(found, key=lambda route: (route.path, route.method))


def render_routes(routes: list[Route]) -> str:
    """As JSON, for a program to read."""
    return msgspec.json.format(msgspec.json.encode(routes), indent=1).decode()
