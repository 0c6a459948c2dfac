"""What a worker needs to be started, and what it says."""

import msgspec

from shared.ids import TenantId


class WorkerStartInput(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides how a tenant's container is made, but its secret token.

    generation: edit counter of the desired state; a container of an older one is replaced.
    session_generation: raised to begin a new WhatsApp session on the same volume.
    environment: more variables for the container (the practice server's proxy, say).
    """

    tenant_id: TenantId
    generation: int
    session_generation: int
    image: str
    network: str
    gateway_url: str
    environment: dict[str, str] = {}


class WorkerLogView(msgspec.Struct, frozen=True, kw_only=True):
    """Oldest first; most are JSON objects. Empty while there is no container."""

    lines: list[str]
