"""How many requests a minute a tenant's keys make together, and no more than they may."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from shared.errors import LimitReachedError
from shared.ids import TenantId

LIMIT = "api_requests_per_minute"
MINUTE = timedelta(minutes=1)
# Tenants that are remembered; one that is forgotten has made no request for long.
MAX_TENANTS = 20_000


class _Bucket(msgspec.Struct):
    """spent: requests that are not made good yet, at `at`."""

    spent: float
    at: datetime


class RequestRate:
    """A bucket per tenant, which holds a minute's requests and empties evenly.

    In this process alone: of several control planes behind one address, each counts its own.
    log_lines: of the last minute, which the gateway counts; None where there is no gateway.
    """

    def __init__(
        self, *, log_lines: Callable[[TenantId], float | None] = lambda _tenant_id: None
    ) -> None:
        self.log_lines = log_lines
        self._buckets: OrderedDict[TenantId, _Bucket] = OrderedDict()

    def count(self, tenant_id: TenantId, *, allowed: int, now: datetime) -> None:
        """Counts a request. Raises LimitReachedError, and then counts nothing: whoever goes on
        asking is answered again as soon as anybody would be.
        """
        spent = self.used(tenant_id, allowed=allowed, now=now)
        if spent + 1 > allowed:
            wait = MINUTE * ((spent + 1 - allowed) / allowed)
            raise LimitReachedError(LIMIT, allowed=allowed, retry_after=wait)
        self._buckets[tenant_id] = _Bucket(spent + 1, now)
        self._buckets.move_to_end(tenant_id)
        if len(self._buckets) > MAX_TENANTS:
            self._buckets.popitem(last=False)

    def used(self, tenant_id: TenantId, *, allowed: int, now: datetime) -> float:
        """Requests of the last minute, evenly forgotten."""
        bucket = self._buckets.get(tenant_id)
        if bucket is None:
            return 0.0
        passed = max(now - bucket.at, timedelta(0)) / MINUTE
        return max(0.0, bucket.spent - passed * allowed)
