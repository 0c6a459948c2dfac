"""Where a URL that a tenant gave may lead: to the public internet and nowhere else. Pure.

Whoever may name a URL can else reach, with the control plane's eyes, what only it can reach:
cloud metadata, the engine's network, services of the host.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import msgspec

# Any port would make the control plane a scanner of other people's machines.
_PORTS = {"http": 80, "https": 443}
_IPV6_UNICAST = IPv6Network("2000::/3")


class Address(msgspec.Struct, frozen=True, kw_only=True):
    scheme: str
    host: str
    port: int


def parse_address(url: str) -> Address | str:
    """The address, or what is wrong with the URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in _PORTS:
        return "must begin with https:// or http://"
    if not host or "\\" in parts.netloc:
        return "must name a host"
    if parts.username is not None or parts.password is not None:
        return "must not hold a name or a password"
    if port not in {None, _PORTS[parts.scheme]}:
        return "must not name another port than 80 for http, 443 for https"
    return Address(scheme=parts.scheme, host=host, port=_PORTS[parts.scheme])


def is_public(address: str) -> bool:
    """Whether it is somebody's on the internet: not this machine, its networks, or a way into
    them.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return found.is_global and not found.is_multicast and not found.is_reserved
    return _is_public_ipv6(found)


def _is_public_ipv6(address: IPv6Address) -> bool:
    # Tunnels carry an IPv4 address inside, and gateways send the packet there.
    wraps = address.sixtofour is not None or address.teredo is not None
    return address in _IPV6_UNICAST and address.is_global and not wraps
