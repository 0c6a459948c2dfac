"""A browser without a screen, at one of the two sites of pages."""

import re
import ssl
from typing import Any

import httpx

from attack.sites.answers import Answer, fetch

_TOKEN = re.compile(r'name="_csrf_token"[^>]*value="([^"]+)"')
# Everything here is plain HTTP, and reading the machine's certificates takes longer than a page.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class SignInError(Exception):
    """An account that is good was not let in: nothing can be tried as it."""


class Browser:
    """address: where it says that it comes from, as a reverse proxy would: sign-ins are counted
    by address, and those of the attack must not count against the machine's own people.
    """

    def __init__(self, site: str, *, sign_in: str, address: str) -> None:
        self._sign_in = sign_in
        self._token = ""
        self.client = httpx.AsyncClient(
            base_url=site, headers={"x-forwarded-for": address}, timeout=30, verify=NO_TLS
        )

    async def aclose(self) -> None:
        await self.client.aclose()

    async def sign_in(self, email: str, password: str) -> None:
        """Raises SignInError."""
        answer = await self.send(self._sign_in, email=email, password=password)
        # A site that asks for more than a password leads somewhere else first.
        if answer.status not in {302, 303} or answer.location.startswith(self._sign_in):
            raise SignInError(f"{email} was not signed in: {answer.status} {answer.location}")
        self._token = ""

    async def send(self, path: str, **values: str) -> Answer:
        """Posts a form of the site's own."""
        return await self.knock("POST", path, values)

    async def knock(self, method: str, path: str, form: dict[str, str] | None = None) -> Answer:
        """The very answer, wherever it leads."""
        options: dict[str, Any] = {}
        if method != "GET":
            options["data"] = await self._form_token() | (form or {})
        return await fetch(self.client, method, path, **options)

    async def forge(self, path: str, form: dict[str, str]) -> Answer:
        """Posts a form as another site would: with this browser's cookies and no token."""
        return await fetch(self.client, "POST", path, data=form)

    def session_cookies(self) -> dict[str, str]:
        """By name; those of a session, not the token of forms."""
        return {
            str(cookie.name): str(cookie.value)
            for cookie in self.client.cookies.jar
            if "session" in cookie.name
        }

    async def _form_token(self) -> dict[str, str]:
        """Of the sign-in form, which everybody is shown, also who is signed in."""
        if not self._token:
            page = await self.client.get(self._sign_in, follow_redirects=True)
            found = _TOKEN.search(page.text)
            self._token = found.group(1) if found else ""
        return {"_csrf_token": self._token}
