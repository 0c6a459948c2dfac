"""Cookies of sites of pages: out of reach of scripts, of other sites and, with TLS, of neighbours.

Browsers keep one jar for all ports of a host: every cookie has a name of its site's own.
"""

from datetime import timedelta

import msgspec
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import Cookie


class CookieJar(msgspec.Struct, frozen=True, kw_only=True):
    """prefix: of the names; empty, or the site's. is_secure: for https alone."""

    prefix: str = ""
    is_secure: bool

    @property
    def session(self) -> str:
        return self._name("session")

    @property
    def device(self) -> str:
        return self._name("device")

    def hold(self, token: str, *, life: timedelta) -> Cookie:
        """The session of that token; without one, what takes it away."""
        return self._cookie(self.session, token, life if token else timedelta(0))

    def keep(self, name: str, value: str, *, life: timedelta) -> Cookie:
        """What is no secret: plain in name and for every page."""
        return self._cookie(name, value, life)

    def csrf(self, secret: str) -> CSRFConfig:
        return CSRFConfig(
            secret=secret,
            cookie_name=self._name("csrf"),
            cookie_secure=self.is_secure,
            cookie_httponly=True,
            cookie_samesite="lax",
        )

    def _name(self, name: str) -> str:
        # The marker makes the browser keep it from every other host of the domain.
        return f"{'__Host-' if self.is_secure else ''}{self.prefix}{name}"

    def _cookie(self, name: str, value: str, life: timedelta) -> Cookie:
        return Cookie(
            name,
            value=value,
            max_age=int(life.total_seconds()),
            httponly=True,
            secure=self.is_secure,
            samesite="lax",
        )
