"""What services are done with."""

import msgspec

from portal.file_window import FileWindow
from portal.mail import Mailer
from portal.settings import PortalSettings
from shared.clock import Clock
from shared.web.cookies import CookieJar
from shared.web.devices import Devices
from shared.web.passwords import Passwords


class House(msgspec.Struct, frozen=True, kw_only=True):
    """files: of messages, which are with the control plane."""

    settings: PortalSettings
    clock: Clock
    mailer: Mailer
    passwords: Passwords
    files: FileWindow

    @property
    def cookies(self) -> CookieJar:
        return CookieJar(is_secure=self.settings.is_secure)

    @property
    def devices(self) -> Devices:
        return Devices(secret=self.settings.secret)

    def link(self, path: str) -> str:
        """For a mail. From the settings: what a browser says of its host is anybody's word."""
        return f"{self.settings.public_url.rstrip('/')}{path}"
