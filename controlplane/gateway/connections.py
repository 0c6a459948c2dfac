"""The live connections of this process: at most one per tenant, the newest."""

from collections.abc import Set as AbstractSet

from controlplane.gateway.connection import Connection
from shared.ids import TenantId
from shared.structs.tenants import TenantConfig
from shared.wire.frames import Command, Config


class Connections:
    def __init__(self) -> None:
        self._by_tenant: dict[TenantId, Connection] = {}

    def __len__(self) -> int:
        return len(self._by_tenant)

    @property
    def tenants(self) -> AbstractSet[TenantId]:
        return self._by_tenant.keys()

    def enter(self, connection: Connection) -> Connection | None:
        """Makes `connection` its tenant's only one; answers the one it replaced.

        Two that arrive together may be admitted in either order: the lower epoch loses, and
        is then itself the answer.
        """
        other = self._by_tenant.get(connection.tenant_id)
        if other is not None and other.epoch > connection.epoch:
            return connection
        self._by_tenant[connection.tenant_id] = connection
        return other

    def leave(self, connection: Connection) -> None:
        if self._by_tenant.get(connection.tenant_id) is connection:
            del self._by_tenant[connection.tenant_id]

    def is_current(self, connection: Connection) -> bool:
        return self._by_tenant.get(connection.tenant_id) is connection

    def find(self, tenant_id: TenantId) -> Connection | None:
        return self._by_tenant.get(tenant_id)

    def drop(self, tenant_id: TenantId) -> None:
        """Makes the tenant's worker show its token again."""
        connection = self._by_tenant.get(tenant_id)
        if connection is not None:
            connection.abort()

    async def push_config(self, tenant_id: TenantId, config: TenantConfig) -> bool:
        """True when a live worker was told; an absent one learns it with its next `Welcome`."""
        return self._push(tenant_id, Config(config=config))

    async def push_command(self, tenant_id: TenantId, command: Command) -> bool:
        return self._push(tenant_id, command)

    def _push(self, tenant_id: TenantId, frame: Config | Command) -> bool:
        connection = self._by_tenant.get(tenant_id)
        if connection is None:
            return False
        connection.post(frame)
        return True
