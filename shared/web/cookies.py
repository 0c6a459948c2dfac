"""Cookies of sites of pages: out of reach of scripts, of other sites and, with TLS, of neighbours.

Browsers keep one jar for all ports of a host (RFC 6265, 8.5), so that a site is sent what another
site on the same host has set. By https two sites have a host each, and `__Host-` keeps a cookie to
its own; it needs `Secure` and all of the site's paths. By plain http, which is for this machine
alone, a cookie has a name of its site's own, and goes to its site's paths.
"""

from datetime import timedelta

import msgspec
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import Cookie


class CookieJar(msgspec.Struct, frozen=True, kw_only=True):
    """prefix: of the names; empty, or the site's. is_secure: for https alone. below: where all
    pages of the site are, where it shares a host with another.
    """

    prefix: str = ""
    is_secure: bool
    below: str = "/"

    @property
    def session(self) -> str:
        return self._name("session")

    @property
    def device(self) -> str:
        return self._name("device")

    @property
    def errand(self) -> str:
        """While the browser is at another site, and is to come back."""
        return self._name("errand")

    @property
    def path(self) -> str:
        return "/" if self.is_secure else self.below

    def hold(self, token: str, *, life: timedelta) -> Cookie:
        """The session of that token; without one, what takes it away."""
        return self._cookie(self.session, token, life if token else timedelta(0))

    def drop_former(self) -> list[Cookie]:
        """Takes away a session of a version that sent it to every page of the host."""
        if self.path == "/":
            return []
        return [self._cookie(self.session, "", timedelta(0), path="/")]

    def keep(self, name: str, value: str, *, life: timedelta) -> Cookie:
        """What is no secret: for every page of the site."""
        return self._cookie(name, value, life)

    def csrf(self, secret: str) -> CSRFConfig:
        return CSRFConfig(
            secret=secret,
            cookie_name=self._name("csrf"),
            cookie_path=self.path,
            cookie_secure=self.is_secure,
            cookie_httponly=True,
            cookie_samesite="lax",
        )

    def _name(self, name: str) -> str:
        # The marker makes the browser keep it from every other host of the domain.
        return f"{'__Host-' if self.is_secure else ''}{self.prefix}{name}"

    def _cookie(self, name: str, value: str, life: timedelta, *, path: str | None = None) -> Cookie:
        return Cookie(
            name,
            value=value,
            path=path or self.path,
            max_age=int(life.total_seconds()),
            httponly=True,
            secure=self.is_secure,
            samesite="lax",
        )
