"""What a customer would see: the bot's own decisions, for a conversation made up. Pure."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

import msgspec

from shared.enums import Language, MessageKind, WhenClosed
from shared.flows.conversation import Conversation, Step
from shared.flows.engine import decide
from shared.flows.opening import find_closure
from shared.flows.templates import TEMPLATES
from shared.structs.tenants import TenantConfig
from shared.wire.events import MessageReceived, Party

_GREETINGS = {Language.SW: "Habari", Language.EN: "Hello"}
_ASKS_HOURS = {Language.SW: "Saa za kazi?", Language.EN: "Opening hours?"}
_STEP = timedelta(minutes=15)
_HORIZON = timedelta(days=8)
# As WhatsApp shows it: *bold*, within a line.
_BOLD = re.compile(r"(?<!\w)\*(?=\S)([^*\n]+?)(?<=\S)\*(?!\w)")


class Said(msgspec.Struct, frozen=True):
    """pieces: of a text, each with whether it is bold."""

    is_ours: bool
    pieces: list[tuple[str, bool]]


class Scene(msgspec.Struct, frozen=True):
    """at: local; None where the hour does not matter."""

    at: datetime | None
    said: list[Said]


def play_menu(config: TenantConfig, *, now: datetime) -> Scene:
    """A greeting, and each entry of the menu. As while it is open: the hours are another scene."""
    config = msgspec.structs.replace(config, when_closed=WhenClosed.MENU)
    at_menu = Conversation(step=Step.MENU, last_at=now)
    said = list(_exchange(config, Conversation(), _GREETINGS[config.language], now, None))
    for number in range(1, len(TEMPLATES[config.template_type].menu) + 1):
        said += _exchange(config, at_menu, str(number), now, None)
    return Scene(None, said)


def play_hours(config: TenantConfig, *, now: datetime, zone: tzinfo) -> list[Scene]:
    """Who asks for the hours; and, where that makes a difference, who writes while it is closed."""
    open_config = msgspec.structs.replace(config, when_closed=WhenClosed.MENU)
    asks = _ASKS_HOURS[config.language]
    scenes = [Scene(None, list(_exchange(open_config, Conversation(), asks, now, zone)))]
    closed_at = find_closed(config, now.astimezone(zone))
    if config.when_closed is not WhenClosed.MENU and closed_at is not None:
        greeting = _GREETINGS[config.language]
        said = list(_exchange(config, Conversation(), greeting, closed_at, zone))
        scenes.append(Scene(closed_at, said))
    return scenes


def find_closed(config: TenantConfig, now: datetime) -> datetime | None:
    """The next moment at which the business is closed; of its next holiday if of nothing else."""
    at = now
    while at - now < _HORIZON:
        if find_closure(config, at) is not None:
            return at
        # To the quarter of an hour, where most hours begin and end.
        at = (at + _STEP).replace(minute=(at + _STEP).minute // 15 * 15, second=0, microsecond=0)
    days = sorted(each.first for each in config.holidays if each.first > now.date())
    noon = (datetime.combine(day, now.timetz()).replace(hour=12, minute=0) for day in days)
    return next((at for at in noon if find_closure(config, at) is not None), None)


def to_pieces(text: str) -> list[tuple[str, bool]]:
    pieces = _BOLD.split(text)
    return [(piece, index % 2 == 1) for index, piece in enumerate(pieces) if piece]


def _exchange(
    config: TenantConfig, chat: Conversation, text: str, at: datetime, zone: tzinfo | None
) -> Iterator[Said]:
    message = MessageReceived(
        wa_message_id="", kind=MessageKind.TEXT, contact=Party(), own_phone="", text=text, at=at
    )
    yield Said(is_ours=False, pieces=[(text, False)])
    reply = decide(config, chat, message, at, zone=zone).reply
    if reply is not None:
        yield Said(is_ours=True, pieces=to_pieces(reply))
