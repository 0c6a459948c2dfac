"""What an application answers, by its own list."""

from litestar import Litestar
from litestar.routes import HTTPRoute


def list_routes(app: Litestar) -> set[str]:
    """`GET /messages/{person}`, each method of each path; what every path answers is left out."""
    return {
        f"{method} {route.path_format}"
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    }
