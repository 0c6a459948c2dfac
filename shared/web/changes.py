"""Which open pages wait for news of which tenant."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from shared.ids import TenantId
from shared.web.looks import Looks

# Tabs of a whole team, or of all operators; more would be somebody's script.
PAGES_PER_TENANT = 50


class TooManyPagesError(Exception):
    """The tenant has as many pages open as it may."""


class Changes:
    def __init__(self) -> None:
        self._waiting: defaultdict[TenantId | None, set[asyncio.Event]] = defaultdict(set)
        self.looks = Looks()
        self.has_ended = False

    @contextmanager
    def of(self, tenant_id: TenantId | None) -> Iterator[asyncio.Event]:
        """Set whenever something changed; whoever waits clears it, and then looks.

        None: of whichever tenant.
        """
        if not self.has_room(tenant_id):
            raise TooManyPagesError
        events = self._waiting[tenant_id]
        event = asyncio.Event()
        events.add(event)
        try:
            yield event
        finally:
            events.discard(event)
            if not events:
                self._waiting.pop(tenant_id, None)
                if tenant_id is not None:
                    self.looks.forget(tenant_id)

    def has_room(self, tenant_id: TenantId | None) -> bool:
        return len(self._waiting.get(tenant_id, ())) < PAGES_PER_TENANT

    def tell(self, tenant_id: TenantId) -> None:
        self.looks.forget(tenant_id)
        for waiting in (tenant_id, None):
            for event in self._waiting.get(waiting, ()):
                event.set()

    def end(self) -> None:
        """No news come any more: what is pushed to pages ends, and their browsers ask again."""
        self.has_ended = True
        self.tell_all()

    def tell_all(self) -> None:
        for tenant_id, events in self._waiting.items():
            if tenant_id is not None:
                self.looks.forget(tenant_id)
            for event in events:
                event.set()
