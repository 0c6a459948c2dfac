"""What befell a worker, as the API shows it."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.enums import Actor, IncidentKind, SessionReason


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """exit_code, container_id, finished_at: of a container that ended.

    reason: why the link was lost; restored_at: when it was back, if it is.
    """

    id: UUID
    kind: IncidentKind
    who_must_act: Actor
    detail: str
    exit_code: int | None
    container_id: str | None
    finished_at: datetime | None
    reason: SessionReason | None
    restored_at: datetime | None
    at: datetime
