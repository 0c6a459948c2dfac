"""What the pages are served with."""

import msgspec

from controlplane.oidc.provider import Provider
from controlplane.sealing import Sealer
from controlplane.services.sign_in_operator import Door
from shared.clock import Clock
from shared.web.cookies import CookieJar
from shared.web.devices import Devices
from shared.web.passwords import Passwords
from shared.web.requests import PageRequest

# Where all pages of the dashboard are, and none of the portal's.
PREFIX = "/dashboard"
COOKIE_PREFIX = "dashboard-"


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """secret: signs what forms carry; it must outlast a restart, for browsers keep what it signed.

    is_secure: whether browsers come by https. needs_second_step: of every operator, who is led to
    set it up and can do nothing else before. provider: of OpenID Connect, where there is one.
    """

    secret: str
    is_secure: bool
    clock: Clock
    passwords: Passwords
    needs_second_step: bool = False
    provider: Provider | None = None

    @property
    def sealer(self) -> Sealer:
        return Sealer(secret=self.secret)

    @property
    def door(self) -> Door:
        devices = Devices(secret=self.secret)
        return Door(passwords=self.passwords, devices=devices, sealer=self.sealer, clock=self.clock)

    @property
    def cookies(self) -> CookieJar:
        return CookieJar(prefix=COOKIE_PREFIX, is_secure=self.is_secure, below=PREFIX)


def desk_of(request: PageRequest) -> Desk:
    desk: Desk = request.app.state.desk
    return desk
