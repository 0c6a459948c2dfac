"""The worker's environment: written by the control plane, never by hand."""

from pathlib import Path

import msgspec


class WorkerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """data_dir: the tenant's volume. image: as the container was started from, for display.

    session_generation: a higher one than the volume has seen begins a new WhatsApp session.
    """

    tenant_id: str
    token: str
    gateway_url: str
    data_dir: Path = Path("/data")
    image: str = "unknown"
    session_generation: int = 0
    log_level: str = "INFO"
