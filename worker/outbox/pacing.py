"""When a queued message may go: what was sent and when → the next allowed instant, and why. Pure.

Only queued messages are paced. The bot's answers are asked for by the customer who waits for
them; they go first and count for nothing here.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from shared.structs.content import Content, DeleteContent, EditContent, TextContent

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Pacing(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers, all of them careful guesses: WhatsApp publishes none.

    cold_chats_a_day: how many chats that never wrote may be written to within 24 hours. What
    gets numbers banned is writing to strangers, not writing much.
    """

    a_minute: int = 30
    a_minute_per_chat: int = 10
    cold_chats_a_day: int = 50
    typing_per_character: timedelta = timedelta(milliseconds=30)
    typing_shortest: timedelta = timedelta(milliseconds=800)
    typing_longest: timedelta = timedelta(milliseconds=2500)


class Why(StrEnum):
    """What a message waits for."""

    NOTHING = "NOTHING"
    ANSWERS_FIRST = "ANSWERS_FIRST"
    AGAIN = "AGAIN"  # the last attempt did not leave this machine
    FROZEN = "FROZEN"
    QUIET_HOURS = "QUIET_HOURS"
    TENANT_RATE = "TENANT_RATE"
    CHAT_RATE = "CHAT_RATE"
    COLD_BUDGET = "COLD_BUDGET"


class Begun(msgspec.Struct, frozen=True):
    """A send that was begun, whatever became of it. is_cold: the chat had never written."""

    chat: str
    at: datetime
    is_cold: bool


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """answers_pending: a message of this chat is being answered."""

    chat: str
    due: datetime
    is_cold: bool = False
    answers_pending: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """at: the earliest instant; None when only an event can tell."""

    at: datetime | None
    why: Why


History = tuple[Begun, ...]


def judge(
    pacing: Pacing,
    history: History,
    message: Waiting,
    *,
    now: datetime,
    frozen_until: datetime | None = None,
) -> Verdict:
    """The latest of all reasons to wait. `history` is in order of time."""
    if message.answers_pending:
        return Verdict(None, Why.ANSWERS_FIRST)
    waits = [
        (message.due, Why.AGAIN),
        (_rate(pacing.a_minute, MINUTE, [one.at for one in history]), Why.TENANT_RATE),
        (
            _rate(pacing.a_minute_per_chat, MINUTE, _of_chat(history, message.chat)),
            Why.CHAT_RATE,
        ),
        (_cold(pacing, history, message, now), Why.COLD_BUDGET),
        (frozen_until, Why.FROZEN),
    ]
    latest = Verdict(now, Why.NOTHING)
    for at, why in waits:
        if at is not None and latest.at is not None and at > latest.at:
            latest = Verdict(at, why)
    return latest


def disturbs(content: Content) -> bool:
    """Whether a phone makes a sound of it. What makes none may be sent in quiet hours: an edit
    or a delete that waits for the morning comes too late.
    """
    return not isinstance(content, EditContent | DeleteContent)


def typing_time(pacing: Pacing, content: Content) -> timedelta:
    """How long a person would have taken, within reason; nobody types a place on a map."""
    if not isinstance(content, TextContent | EditContent):
        return timedelta(0)
    wanted = len(content.text) * pacing.typing_per_character
    return max(pacing.typing_shortest, min(wanted, pacing.typing_longest))


def remember(history: History, begun: Begun) -> History:
    """With `begun`, without what no rule asks about any more."""
    return (*since(history, begun.at), begun)


def since(history: History, now: datetime) -> History:
    return tuple(one for one in history if one.at > now - (DAY if one.is_cold else MINUTE))


def _rate(limit: int, window: timedelta, begun: list[datetime]) -> datetime | None:
    """When the last `limit` of them are not all within the window any more."""
    return begun[-limit] + window if len(begun) >= limit else None


def _of_chat(history: History, chat: str) -> list[datetime]:
    return [one.at for one in history if one.chat == chat]


def _cold(pacing: Pacing, history: History, message: Waiting, now: datetime) -> datetime | None:
    if not message.is_cold:
        return None
    # A chat counts once, from its last message on: a second one to it costs nothing more.
    last = {one.chat: one.at for one in history if one.is_cold and one.at > now - DAY}
    if message.chat in last or len(last) < pacing.cold_chats_a_day:
        return None
    free_at = sorted(at + DAY for at in last.values())
    return free_at[len(last) - pacing.cold_chats_a_day]
