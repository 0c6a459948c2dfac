"""Where a request comes from, as far as it is counted."""

import msgspec

from shared.web.cookies import CookieJar
from shared.web.limits import network_of
from shared.web.requests import PageRequest, address_of


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """network: of the client, behind the proxies that are trusted. device: what the browser keeps
    from earlier sign-ins (`Devices`), whatever that is.
    """

    network: str
    device: str = ""


def origin_of(request: PageRequest, cookies: CookieJar) -> Origin:
    return Origin(
        network=network_of(address_of(request)), device=request.cookies.get(cookies.device, "")
    )
