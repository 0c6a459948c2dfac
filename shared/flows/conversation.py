"""Where a chat stands between two messages."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Step(StrEnum):
    """What the bot waits for. START: nothing has been said yet."""

    START = "START"
    MENU = "MENU"
    SERVICE = "SERVICE"
    DATE = "DATE"
    PRODUCT = "PRODUCT"
    QUANTITY = "QUANTITY"
    DETAILS = "DETAILS"


class Conversation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """answers: what was told at the steps so far. told_text_only: the hint that only text is
    understood was given, and no text has come since. told_unreadable: likewise, that a message
    could not be read. told_closed: that the business is closed, and it is since.
    """

    step: Step = Step.START
    answers: dict[Step, str] = {}
    told_text_only: bool = False
    told_unreadable: bool = False
    told_closed: bool = False
    last_at: datetime | None = None
