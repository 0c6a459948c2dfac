"""What a page knows of who asks, before it knows who that is."""

from typing import Any

from litestar import Request

PageRequest = Request[Any, Any, Any]


class SignInNeededError(Exception):
    """The page is for people who are signed in, and nobody is."""


def local_path(path: str, otherwise: str = "/") -> str:
    """`path` when it stays on this site."""
    is_local = path.startswith("/") and not path.startswith("//")
    is_plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if is_local and is_plain else otherwise


def address_of(request: PageRequest) -> str:
    return request.client.host if request.client else ""
