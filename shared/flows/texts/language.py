"""The sentences one language needs; `sw` and `en` fill them in."""

import msgspec

from shared.enums import TemplateType, Topic, Weekday
from shared.flows.conversation import Step


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """Placeholders: {business} in `greeting`, {summary} in `confirmed`, {hours} in `open_hours`,
    {holiday} and {opens} in `closed_now` and `closed_holiday`.

    answers: by topic, for topics that ask nothing; a pair narrows it to one template.
    opens_today and its like: what {opens} says, each with the time after it where it is known.
    """

    greeting: str
    choose: str
    how_to_choose: str
    not_understood: str
    text_only: str
    no_calls: str
    unreadable: str
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
    closed_days: str
    closed_now: str
    closed_holiday: str
    opens_today: str
    opens_tomorrow: str
    opens_day: str
    opens_date: str
    opens_unknown: str
    at_time: str
    date: str
    days: dict[Weekday, str]
    months: tuple[str, ...]
