"""Tells workers which chats people took over from their bots, or handed back."""

from collections.abc import Callable
from datetime import datetime

from controlplane.gateway.connection import Connection
from controlplane.gateway.connections import Connections
from controlplane.gateway.watch import Watch, serve_watch
from shared.clock import Clock
from shared.db.listening import ASKED
from shared.ids import TenantId
from shared.stores import takeovers
from shared.wire.frames import Takeovers


class TakeoverWatch(Watch):
    """dispatch: whoever replies in the portal takes the chat over, and the reply is queued."""

    def __init__(
        self, connections: Connections, *, dispatch: Callable[[TenantId], None], clock: Clock
    ) -> None:
        super().__init__(connections)
        self._dispatch = dispatch
        self._clock = clock

    async def tell(self, tenant_id: TenantId) -> None:
        connection = self.connections.find(tenant_id)
        if connection is not None:
            await tell_takeovers(connection, now=self._clock.now())
        self._dispatch(tenant_id)


async def tell_takeovers(connection: Connection, *, now: datetime) -> None:
    """Raises TransientError."""
    told = await takeovers.list_told(connection.tenant_id, now=now)
    if told:
        connection.post(Takeovers(chats=told))


async def serve_takeover_watch(url: str, watch: TakeoverWatch) -> None:
    """Until cancelled."""
    await serve_watch(url, ASKED, watch)
