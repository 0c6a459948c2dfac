"""Whether a message may be answered, reacted to, edited or deleted, as far as can be known. Pure.

WhatsApp's phones ignore in silence what comes too late or is about the wrong message, so it is
refused here, while somebody listens.
"""

from datetime import datetime, timedelta

from shared.enums import Direction, MessageKind
from shared.structs.content_input import ContentInput, DeleteInput, EditInput
from shared.structs.targets import Logged, Target

# As WhatsApp's help pages say: "up to 15 minutes", and "about two days", which its apps take
# for two and a half.
EDITABLE = timedelta(minutes=15)
DELETABLE = timedelta(hours=60)
# What is about another message, and what is no message at all.
_NO_TARGETS = {
    MessageKind.REACTION,
    MessageKind.EDIT,
    MessageKind.DELETE,
    MessageKind.CALL,
}


def find_problem(target: Target | None, wish: ContentInput, *, at: datetime) -> str:
    """at: when the wish goes out at the earliest. Empty when nothing speaks against it."""
    if target is None:
        return "names no message of this chat"
    if not isinstance(target, Logged):
        return f"names a message that is {target.state}: it is not in the chat"
    if target.kind in _NO_TARGETS:
        return f"names a {target.kind}: there is nothing to say about one"
    window = find_window(wish)
    return _find_obstacle(target, wish, window, at=at) if window is not None else ""


def find_window(wish: ContentInput) -> timedelta | None:
    """For how long WhatsApp takes it; None for ever."""
    match wish:
        case EditInput():
            return EDITABLE
        case DeleteInput():
            return DELETABLE
        case _:
            return None


def _find_obstacle(target: Logged, wish: ContentInput, window: timedelta, *, at: datetime) -> str:
    if target.direction is not Direction.OUT:
        return "names a message of the contact: only what was sent from here can be changed"
    if isinstance(wish, EditInput) and target.kind is not MessageKind.TEXT:
        return f"names a {target.kind}: only a TEXT can be edited"
    if at >= target.at + window:
        return f"names a message of {target.at:%Y-%m-%d %H:%M} UTC: {_TOO_LATE[type(wish)]}"
    return ""


_TOO_LATE: dict[type, str] = {
    EditInput: "WhatsApp lets a text be edited for 15 minutes",
    DeleteInput: "WhatsApp lets a message be deleted for everyone for about two days",
}
