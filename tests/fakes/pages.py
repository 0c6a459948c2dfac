"""A browser without a screen: follows links and fills in the forms that a page really shows."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx


class Browser:
    """Keeps cookies and the page it is at."""

    def __init__(self, transport: httpx.AsyncBaseTransport, *, door: str = "/account") -> None:
        """door: a page with a form, whoever asks for it."""
        self._door = door
        self._client = httpx.AsyncClient(
            transport=transport, base_url="http://portal.test", follow_redirects=True
        )
        self.at: httpx.Response | None = None

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    async def go(self, path: str, **headers: str) -> httpx.Response:
        self.at = await self._client.get(path, headers=headers)
        return self.at

    async def send(self, action: str, **values: str) -> httpx.Response:
        """Posts the form of the page with this action, its hidden fields included."""
        self.at = await self._client.post(action, data=self.hidden(action) | values)
        return self.at

    def hidden(self, action: str) -> dict[str, str]:
        """What the form of the page with this action carries unseen."""
        assert self.at is not None, "no page is open"
        return forms_of(self.at.text)[action]

    async def force(self, path: str, **values: str) -> httpx.Response:
        """Posts what no form of the page offers, with what a form of ours carries."""
        return await self._client.post(path, data=await self._token() | values)

    async def knock(self, method: str, path: str, **values: str) -> httpx.Response:
        """The very answer, wherever it leads. What is posted is posted as by `force`."""
        data = await self._token() | values if method == "POST" else None
        return await self._client.request(method, path, data=data, follow_redirects=False)

    async def pour(
        self, path: str, kind: str, body: bytes, cookie: str | None = None
    ) -> httpx.Response:
        """What no browser sends. cookie: in the place of those that are kept."""
        headers = {b"content-type": kind.encode()}
        if cookie is not None:
            headers[b"cookie"] = cookie.encode("latin-1")
        return await self._client.post(path, content=body, headers=headers)

    async def _token(self) -> dict[str, str]:
        page = await self._client.get(self._door)
        [token, *_] = [each["_csrf_token"] for each in forms_of(page.text).values()]
        return {"_csrf_token": token}

    async def post(self, path: str, **values: str) -> httpx.Response:
        """As a foreign site would: without what a form of ours carries."""
        return await self._client.post(path, data=values)


def looking_once(follow: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
    """`follow` of `shared.web.live`, ended by itself once it has sent what there is to see now."""
    at_once = dict.fromkeys(("life", "quiet", "pace"), timedelta(0))

    def follow_once(*given: Any, **more: Any) -> AsyncIterator[Any]:
        return follow(*given, **(more | at_once))

    return follow_once


def forms_of(page: str) -> dict[str, dict[str, str]]:
    """The hidden fields of each form, by where it is sent."""
    reader = _Forms()
    reader.feed(page)
    return reader.forms


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._action = given["action"]
            self.forms[self._action] = {}
        elif tag == "input" and given.get("type") == "hidden":
            self.forms[self._action][given["name"]] = given["value"]
