"""What services are done with."""

import msgspec

from portal.mail import Mailer
from portal.passwords import Passwords
from portal.settings import PortalSettings
from shared.clock import Clock


class House(msgspec.Struct, frozen=True, kw_only=True):
    settings: PortalSettings
    clock: Clock
    mailer: Mailer
    passwords: Passwords

    def link(self, path: str) -> str:
        """For a mail. From the settings: what a browser says of its host is anybody's word."""
        return f"{self.settings.public_url.rstrip('/')}{path}"
