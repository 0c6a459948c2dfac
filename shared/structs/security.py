"""What was tried against the platform, as it is counted."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.enums import SecurityKind, SecuritySite


class SecurityCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often since it was last written down. As of the table `security_events`."""

    site: SecuritySite
    kind: SecurityKind
    source: str
    subject: str
    times: int


class SecurityEventView(msgspec.Struct, frozen=True, kw_only=True):
    """How often within a minute. source: the network that it came from; empty where nobody knows,
    `others` where there were too many to tell apart. tenant_id: whose it was, where that is known.
    """

    id: UUID
    minute: datetime
    site: SecuritySite
    kind: SecurityKind
    source: str
    tenant_id: UUID | None
    times: int


class SecurityTotal(msgspec.Struct, frozen=True, kw_only=True):
    """Of a kind within a span. sources: from how many networks. last_at: the newest minute."""

    kind: SecurityKind
    times: int
    sources: int
    last_at: datetime


class SecurityTotals(msgspec.Struct, frozen=True, kw_only=True):
    """since: the beginning of what is counted; most frequent kinds first."""

    since: datetime
    totals: list[SecurityTotal]
