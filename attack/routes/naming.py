"""Real addresses for routes: every parameter filled with an id of somebody, or of nobody."""

from collections.abc import Mapping
from urllib.parse import quote
from uuid import uuid4

from shared.web.routes import Route

# The secret part of a link that was mailed is nobody's to guess.
TOKEN = f"fhm_{'x' * 43}"
# By parameter, what stands there where nothing of a business does.
FIXED = {"token": TOKEN, "digest": "0" * 16, "name": "nothing.css", "path": "nothing"}


def fill(route: Route, ids: Mapping[str, str]) -> str:
    """A parameter that is not known gets an id that nothing has."""
    path = route.path
    for name in route.parameters:
        value = ids.get(name) or FIXED.get(name) or str(uuid4())
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def fill_with_each(route: Route, ids: Mapping[str, str]) -> list[str]:
    """All addresses that name something of that business.

    A parameter whose name is not known, of a route that is new, is tried with each of its ids.
    """
    unknown = [name for name in route.parameters if name not in ids and name not in FIXED]
    if not unknown:
        return [fill(route, ids)]
    return [fill(route, {**ids, **dict.fromkeys(unknown, each)}) for each in set(ids.values())]


def is_about_one(route: Route) -> bool:
    """Whether its address names a row of a business."""
    return any(name not in FIXED for name in route.parameters)
