"""The bot: what to answer to a message, and where the chat stands then. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType

import msgspec

from shared.enums import Language, MessageKind, TemplateType, Topic, WhenClosed
from shared.flows import keywords
from shared.flows.conversation import Conversation, Step
from shared.flows.opening import find_closure
from shared.flows.render import (
    render_answer,
    render_closed,
    render_greeting,
    render_menu,
    render_summary,
)
from shared.flows.templates import TEMPLATES, Template
from shared.flows.texts.en import ENGLISH
from shared.flows.texts.language import Texts
from shared.flows.texts.sw import SWAHILI
from shared.flows.words import Phrase, find_phrase, one_line, only_number, tokens
from shared.structs.tenants import TenantConfig
from shared.wire.events import MessageReceived

# After half a day of silence a chat begins anew, with a greeting.
FORGOTTEN_AFTER = timedelta(hours=12)
# Of what a customer typed at a step, this much is kept and repeated in the confirmation.
MAX_ANSWER = 200
MAX_QUANTITY = 9_999

TEXTS = {Language.SW: SWAHILI, Language.EN: ENGLISH}
# Nobody expects an answer to these from a machine. VIEW_ONCE: the owner sees it on the phone.
SILENT = frozenset(
    {MessageKind.REACTION, MessageKind.EDIT, MessageKind.DELETE, MessageKind.VIEW_ONCE}
)


class Decision(msgspec.Struct, frozen=True):
    """`reply` is None when no answer is due."""

    reply: str | None
    conversation: Conversation


class _Turn(msgspec.Struct, frozen=True):
    """One message in its circumstances. at: in the zone of the business."""

    config: TenantConfig
    at: datetime
    said: Phrase
    text: str
    chat: Conversation

    @property
    def template(self) -> Template:
        return TEMPLATES[self.config.template_type]

    @property
    def texts(self) -> Texts:
        return TEXTS[self.config.language]


def decide(
    config: TenantConfig,
    conversation: Conversation,
    message: MessageReceived,
    now: datetime,
    *,
    zone: tzinfo | None = None,
) -> Decision:
    """Every text gets exactly one answer; a run of other kinds gets one hint together, and so does
    a run of what could not be read.

    While the business is closed: what `when_closed` says. zone: of the business; where it is
    not known, nobody can say whether it is closed.
    """
    if message.kind in SILENT:
        return Decision(None, conversation)
    chat, at = _current(conversation, now), now.astimezone(zone or UTC)
    closed = _find_closed(config, at) if zone is not None else None
    if closed is None:
        return _answer(config, msgspec.structs.replace(chat, told_closed=False), message, at)
    if chat.told_closed:
        is_silent = config.when_closed is WhenClosed.TELL_ONLY
        return Decision(None, chat) if is_silent else _answer(config, chat, message, at)
    told = msgspec.structs.replace(chat, told_closed=True)
    if config.when_closed is WhenClosed.TELL_ONLY:
        return Decision(closed, told)
    decision = _answer(config, told, message, at)
    reply = closed if decision.reply is None else f"{closed}\n\n{decision.reply}"
    return Decision(reply, decision.conversation)


def _find_closed(config: TenantConfig, at: datetime) -> str | None:
    """What to say of being closed; None while open, or where nothing is to be said."""
    if config.when_closed is WhenClosed.MENU:
        return None
    closure = find_closure(config, at)
    if closure is None:
        return None
    return render_closed(TEXTS[config.language], config, closure, at.date())


def _answer(
    config: TenantConfig, chat: Conversation, message: MessageReceived, at: datetime
) -> Decision:
    if message.kind.is_stand_in:
        return _ask_again(TEXTS[config.language], chat)
    if message.kind is not MessageKind.TEXT:
        return _hint_text_only(TEXTS[config.language], chat, message.kind)
    chat = msgspec.structs.replace(chat, told_text_only=False, told_unreadable=False)
    return _answer_text(_Turn(config, at, tokens(message.text), message.text, chat))


def _current(conversation: Conversation, now: datetime) -> Conversation:
    last_at = conversation.last_at
    if last_at is not None and now - last_at > FORGOTTEN_AFTER:
        conversation = Conversation()
    return msgspec.structs.replace(conversation, last_at=now)


def _ask_again(texts: Texts, chat: Conversation) -> Decision:
    """Whoever wrote waits for an answer to something that nobody here can read."""
    if chat.told_unreadable:
        return Decision(None, chat)
    return Decision(texts.unreadable, msgspec.structs.replace(chat, told_unreadable=True))


def _hint_text_only(texts: Texts, chat: Conversation, kind: MessageKind) -> Decision:
    if chat.told_text_only:
        return Decision(None, chat)
    hint = texts.no_calls if kind is MessageKind.CALL else texts.text_only
    return Decision(hint, msgspec.structs.replace(chat, told_text_only=True))


def _answer_text(turn: _Turn) -> Decision:  # noqa: PLR0911  an ordered list of rules reads best so
    if turn.said in keywords.ESCAPE or only_number(turn.said) == keywords.ESCAPE_NUMBER:
        return _menu(turn, turn.texts.choose)
    if turn.chat.step not in {Step.START, Step.MENU}:
        return _take_answer(turn)
    topic = find_topic(turn.template, turn.said, turn.config.texts.titles)
    if topic is not None and (turn.chat.step is Step.MENU or only_number(turn.said) is None):
        return _choose(turn, topic)
    if turn.chat.step is Step.START or turn.said in keywords.GREETINGS:
        return _menu(turn, render_greeting(turn.texts, turn.config))
    if turn.said in keywords.THANKS:
        return Decision(turn.texts.you_are_welcome, turn.chat)
    if find_phrase(turn.said, keywords.ESCAPE) is not None:
        return _menu(turn, turn.texts.choose)
    return _menu(turn, turn.texts.not_understood)


def find_topic(
    template: Template, said: Phrase, titles: Mapping[Topic, str] = MappingProxyType({})
) -> Topic | None:
    """By its number in the menu, or by the first of its words in the message.

    titles: of the business's own; who types one means it.
    """
    number = only_number(said)
    if number is not None:
        return template.menu[number - 1] if 1 <= number <= len(template.menu) else None
    found = [
        (place, topic)
        for topic in (*template.menu, *template.understood)
        if (place := find_phrase(said, _phrases_of(topic, titles))) is not None
    ]
    return min(found, key=lambda hit: hit[0])[1] if found else None


def _phrases_of(topic: Topic, titles: Mapping[Topic, str]) -> tuple[Phrase, ...]:
    own = tokens(titles.get(topic, ""))
    return (*keywords.TOPICS[topic], own) if own else keywords.TOPICS[topic]


def _menu(turn: _Turn, opening: str) -> Decision:
    chat = msgspec.structs.replace(turn.chat, step=Step.MENU, answers={})
    return Decision(render_menu(turn.texts, turn.config, turn.template, opening), chat)


def _choose(turn: _Turn, topic: Topic) -> Decision:
    form = turn.template.forms.get(topic)
    step = form[0] if form else Step.MENU
    chat = msgspec.structs.replace(turn.chat, step=step, answers={})
    if form:
        return Decision(turn.texts.questions[step], chat)
    return Decision(render_answer(turn.texts, turn.config, topic, turn.at.date()), chat)


def _take_answer(turn: _Turn) -> Decision:
    step = turn.chat.step
    form = _form_with(turn.template, step)
    if form is None:  # the template was changed while the customer was answering
        return _menu(turn, turn.texts.choose)
    answer = _read_answer(turn, step)
    if answer is None:
        again = turn.texts.ask_quantity_again if step is Step.QUANTITY else None
        return Decision(again or turn.texts.questions[step], turn.chat)
    answers = {**turn.chat.answers, step: answer}
    following = form[form.index(step) + 1 :]
    if following:
        chat = msgspec.structs.replace(turn.chat, step=following[0], answers=answers)
        return Decision(turn.texts.questions[following[0]], chat)
    chat = msgspec.structs.replace(turn.chat, step=Step.MENU, answers={})
    kind: TemplateType = turn.config.template_type
    summary = render_summary(turn.texts, answers)
    return Decision(turn.texts.confirmed[kind].format(summary=summary), chat)


def _form_with(template: Template, step: Step) -> tuple[Step, ...] | None:
    return next((form for form in template.forms.values() if step in form), None)


def _read_answer(turn: _Turn, step: Step) -> str | None:
    if step is not Step.QUANTITY:
        return one_line(turn.text, limit=MAX_ANSWER) or None
    quantities = [
        int(word) if word.isdecimal() and len(word) <= 4 else keywords.NUMBER_WORDS.get(word, 0)
        for word in turn.said
    ]
    quantity = next((quantity for quantity in quantities if quantity > 0), None)
    return str(quantity) if quantity is not None and quantity <= MAX_QUANTITY else None
