"""A pause of all queued messages that WhatsApp asked for: error 463, its limit on writing first.

WhatsApp does not say for how long, so the pause grows while the refusals go on. It is kept on
the volume: a restart must not end it. A temporary ban needs none of this, it is a state of the
link, and nothing is sent without a link.
"""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from shared.backoff import Backoff
from worker import meta

# Reports speak of hours to six days; the bot's answers are not concerned.
PAUSE = Backoff(first=timedelta(hours=1), ceiling=timedelta(hours=24), spread=0.1)


class Freeze(msgspec.Struct, frozen=True, kw_only=True):
    """refusals: in a row, without a message between that went out."""

    until: datetime
    refusals: int

    @property
    def detail(self) -> str:
        until = self.until.isoformat(timespec="minutes")
        return f"queued messages are frozen until {until}: WhatsApp limits writing first"


def find(db: sqlite3.Connection) -> Freeze | None:
    value = meta.find_value(db, meta.FREEZE)
    return msgspec.msgpack.decode(value, type=Freeze) if value else None


def begin(db: sqlite3.Connection, before: Freeze | None, *, now: datetime) -> Freeze:
    refusals = 1 + (before.refusals if before else 0)
    freeze = Freeze(until=now + PAUSE.delay(refusals), refusals=refusals)
    meta.set_value(db, meta.FREEZE, msgspec.msgpack.encode(freeze))
    return freeze


def forget(db: sqlite3.Connection) -> None:
    """A message went out: the next refusal is a first one again."""
    meta.set_value(db, meta.FREEZE, b"")
