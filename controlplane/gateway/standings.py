"""Each tenant's standing, over all connections of its worker, and by whose token it is found before
the database is asked.
"""

from hashlib import sha256

from controlplane.gateway.budgets import Budget, Standing
from shared.ids import TenantId

# More than tenants of one control plane; what is forgotten beyond it is how the oldest behaved.
MAX_KEPT = 20_000


class Standings:
    """A token that is found here is not thereby good: it is only whose worker it once was."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._by_tenant: dict[TenantId, Standing] = {}
        self._by_token: dict[bytes, TenantId] = {}
        self._tokens: dict[TenantId, bytes] = {}

    def of(self, tenant_id: TenantId) -> Standing:
        standing = self._by_tenant.get(tenant_id)
        if standing is None:
            if len(self._by_tenant) >= MAX_KEPT:
                self._forget(next(iter(self._by_tenant)))
            standing = self._by_tenant[tenant_id] = Standing(self._budget)
        return standing

    def remember(self, token: str, tenant_id: TenantId) -> Standing:
        """The token was found good: until another is, it leads to this tenant's standing."""
        standing, digest = self.of(tenant_id), _digest(token)
        self._by_token.pop(self._tokens.get(tenant_id, b""), None)
        self._by_token[digest] = tenant_id
        self._tokens[tenant_id] = digest
        return standing

    def find(self, token: str) -> Standing | None:
        tenant_id = self._by_token.get(_digest(token))
        return None if tenant_id is None else self.of(tenant_id)

    def lines_used(self, tenant_id: TenantId) -> float:
        """Lines of its log that were kept in the last minute, evenly forgotten; in this process."""
        standing = self._by_tenant.get(tenant_id)
        return 0.0 if standing is None else max(0.0, standing.lines.spent)

    def _forget(self, tenant_id: TenantId) -> None:
        del self._by_tenant[tenant_id]
        self._by_token.pop(self._tokens.pop(tenant_id, b""), None)


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
