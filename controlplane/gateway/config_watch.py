"""Tells workers what their bots are told, as soon as somebody has changed it; and keeps of their
logs what the tenant's limit says by then.
"""

from controlplane.gateway.watch import Watch, serve_watch
from shared.db.listening import CONFIGURED
from shared.errors import UnreadableRowError
from shared.ids import TenantId
from shared.stores import limits, tenants
from shared.stores.rows import say_unreadable


class ConfigWatch(Watch):
    async def tell(self, tenant_id: TenantId) -> None:
        connection = self.connections.find(tenant_id)
        if connection is not None:
            allowed = await limits.get(tenant_id)
            connection.standing.allow_lines(allowed.log_lines_per_minute)
        try:
            config = await tenants.find_config(tenant_id)
        except UnreadableRowError as error:
            # The worker keeps what it was told last; whoever mends the row is told of again.
            say_unreadable(str(error))
            return
        if config is not None:
            await self.connections.push_config(tenant_id, config)


async def serve_config_watch(url: str, watch: ConfigWatch) -> None:
    """Until cancelled."""
    await serve_watch(url, CONFIGURED, watch)
