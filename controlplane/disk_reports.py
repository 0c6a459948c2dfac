"""What workers say that their volumes hold: a hint, for whoever has no measure of the engine's.

A worker may say what it likes. What it says can make its use look larger, and have the engine asked
sooner; smaller than measured it never looks.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping

from shared.ids import TenantId
from shared.structs.limits import SMALLEST_DISK

# Tenants that are remembered; of one that is forgotten the engine knows, or its next heartbeat.
MAX_TENANTS = 20_000


class DiskReports:
    """grown: set when a worker says that its volume holds much more than was measured last."""

    def __init__(self) -> None:
        self.grown = asyncio.Event()
        self._reported: OrderedDict[TenantId, int] = OrderedDict()
        self._measured: Mapping[TenantId, int] = {}

    def report(self, tenant_id: TenantId, held: int | None) -> None:
        """None: of a worker that does not say it."""
        if held is None:
            return
        self._reported[tenant_id] = held
        self._reported.move_to_end(tenant_id)
        if len(self._reported) > MAX_TENANTS:
            self._reported.popitem(last=False)
        if held > 2 * max(self._measured.get(tenant_id, 0), SMALLEST_DISK):
            self.grown.set()

    def measured(self, by_engine: Mapping[TenantId, int]) -> dict[TenantId, int]:
        """Of those that the engine did not count, what their workers say."""
        self._measured = by_engine
        self.grown.clear()
        return {
            tenant_id: held
            for tenant_id, held in self._reported.items()
            if tenant_id not in by_engine
        }

    def unmeasured(self) -> dict[TenantId, int]:
        """All that was said, while the engine counts nothing."""
        return dict(self._reported)
