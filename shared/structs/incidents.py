"""What befell a worker, as the API shows it."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.enums import IncidentKind


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: IncidentKind
    detail: str
    exit_code: int | None
    container_id: str | None
    finished_at: datetime | None
    at: datetime
