"""Which addresses a tenant's network has: a small subnet out of a pool, which nobody else has."""

import hashlib
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from itertools import islice

from shared.errors import SettingsError
from shared.ids import TenantId

# Private addresses that neither the engine nor home routers begin with.
POOL = IPv4Network("10.213.0.0/16")
# The bridge's address, the worker's, and four to spare.
PREFIX = 29
MOST_TRIED = 64


# At most what a bridge's name can tell apart, at least some dozens.
LARGEST, SMALLEST = 14, 24


def read_pool(text: str) -> IPv4Network:
    """Raises SettingsError."""
    try:
        pool = IPv4Network(text)
    except ValueError as error:
        raise SettingsError(f"FLOWHQ_WORKER_SUBNETS: {error}") from error
    if not LARGEST <= pool.prefixlen <= SMALLEST:
        raise SettingsError(f"FLOWHQ_WORKER_SUBNETS: between /{LARGEST} and /{SMALLEST}")
    return pool


def count(pool: IPv4Network) -> int:
    return 1 << (PREFIX - pool.prefixlen)


def list_free(
    tenant_id: TenantId, pool: IPv4Network, taken: Iterable[IPv4Network]
) -> Iterator[tuple[int, IPv4Network]]:
    """Some with their numbers, of which another process may take one meanwhile. Each tenant
    begins elsewhere, so that two that look at once seldom meet.
    """
    used = [network for network in taken if network.overlaps(pool)]
    total = count(pool)
    digest = hashlib.sha256(tenant_id.bytes).digest()
    first = int.from_bytes(digest[:8]) % total
    numbers = ((first + step) % total for step in range(total))
    free = ((number, _subnet(pool, number)) for number in numbers)
    yield from islice(
        ((number, net) for number, net in free if not any(net.overlaps(u) for u in used)),
        MOST_TRIED,
    )


def _subnet(pool: IPv4Network, number: int) -> IPv4Network:
    return IPv4Network((int(pool.network_address) + (number << (32 - PREFIX)), PREFIX))
