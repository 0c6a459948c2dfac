"""What keeps several tenants' phone links down at once, as the API shows it."""

from datetime import datetime
from uuid import UUID

import msgspec

from shared.enums import Actor, SessionReason


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """`count` links are down for the same reason with the same image, since `since` the first.

    tenants: the first ten of them.
    """

    reason: SessionReason
    who_must_act: Actor
    detail: str
    image: str
    count: int
    since: datetime
    tenants: list[UUID]


class AlarmList(msgspec.Struct, frozen=True, kw_only=True):
    """The widest first; empty when nothing is wrong with many."""

    items: list[Alarm]
