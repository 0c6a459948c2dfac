"""What an application answers, by its own list."""

from litestar import Litestar

from shared.web import routes


def list_routes(app: Litestar) -> set[str]:
    """`GET /messages/{person}`, each method of each path; what every path answers is left out."""
    return {route.name for route in routes.list_routes("", app)}
