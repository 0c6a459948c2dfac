"""The sentences one language needs; `sw` and `en` fill them in."""

import msgspec

from shared.enums import TemplateType, Weekday
from worker.flows.conversation import Step
from worker.flows.templates import Topic


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """Placeholders: {business} in `greeting`, {summary} in `confirmed`, {hours} in `open_hours`.

    answers: by topic, for topics that ask nothing; a pair narrows it to one template.
    """

    greeting: str
    choose: str
    how_to_choose: str
    not_understood: str
    text_only: str
    no_calls: str
    you_are_welcome: str
    topics: dict[Topic, str]
    answers: dict[Topic | tuple[TemplateType, Topic], str]
    questions: dict[Step, str]
    ask_quantity_again: str
    fields: dict[Step, str]
    confirmed: dict[TemplateType, str]
    open_hours: str
    hours_unknown: str
    closed: str
    days: dict[Weekday, str]
