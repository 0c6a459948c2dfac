"""Putting a language's sentences together. Pure."""

from datetime import date, timedelta

from shared.enums import Topic, Weekday
from shared.flows.conversation import Step
from shared.flows.opening import Closure, list_holidays
from shared.flows.templates import Template
from shared.flows.texts.language import Texts
from shared.structs.tenants import Holiday, TenantConfig

# Who asks for the hours wants to know of the holidays of these days as well.
HOLIDAYS_AHEAD = 30
# So near, a day is named by its weekday alone.
_A_WEEK = timedelta(days=7)
_WEEKDAYS = tuple(Weekday)


def render_greeting(texts: Texts, config: TenantConfig) -> str:
    # Replaced, not formatted: a business may have braces in its name.
    greeting = config.texts.greeting or texts.greeting
    return greeting.replace("{business}", config.business_name)


def render_menu(texts: Texts, config: TenantConfig, template: Template, opening: str) -> str:
    lines = [
        f"{number}. {find_title(texts, config, topic)}"
        for number, topic in enumerate(template.menu, 1)
    ]
    return "\n".join([opening, *lines, texts.how_to_choose])


def find_title(texts: Texts, config: TenantConfig, topic: Topic) -> str:
    return config.texts.titles.get(topic) or texts.topics[topic]


def render_answer(texts: Texts, config: TenantConfig, topic: Topic, today: date) -> str:
    if topic is Topic.HOURS:
        return _render_hours(texts, config, today)
    own = config.texts.answers.get(topic)
    return own or texts.answers.get((config.template_type, topic)) or texts.answers[topic]


def render_summary(texts: Texts, answers: dict[Step, str]) -> str:
    return "\n".join(f"{texts.fields[step]}: {answer}" for step, answer in answers.items())


def render_closed(texts: Texts, config: TenantConfig, closure: Closure, today: date) -> str:
    ours = texts.closed_now if closure.holiday is None else texts.closed_holiday
    said = config.texts.closed or ours
    holiday = closure.holiday.name if closure.holiday is not None else ""
    opens = _render_opens(texts, config, closure, today)
    return said.replace("{opens}", opens).replace("{holiday}", holiday)


def render_day(texts: Texts, day: date) -> str:
    return texts.date.format(day=day.day, month=texts.months[day.month - 1])


def _render_opens(texts: Texts, config: TenantConfig, closure: Closure, today: date) -> str:
    at = closure.opens_at
    if at is None:
        return texts.opens_unknown
    # Without hours nobody has said when a day begins.
    time = texts.at_time.format(time=f"{at:%H:%M}") if config.hours else ""
    return _render_which_day(texts, at.date(), today) + time


def _render_which_day(texts: Texts, day: date, today: date) -> str:
    if day == today:
        return texts.opens_today
    if day == today + timedelta(days=1):
        return texts.opens_tomorrow
    name = texts.days[_WEEKDAYS[day.weekday()]]
    if day - today < _A_WEEK:
        return texts.opens_day.format(day=name)
    return texts.opens_date.format(day=name, date=render_day(texts, day))


def _render_hours(texts: Texts, config: TenantConfig, today: date) -> str:
    lines = []
    for day in Weekday if config.hours else ():
        hours = config.hours.get(day)
        times = f"{hours.opens}-{hours.closes}" if hours is not None else texts.closed
        lines.append(f"{texts.days[day]}: {times}")
    said = texts.open_hours.replace("{hours}", "\n".join(lines)) if lines else texts.hours_unknown
    holidays = list_holidays(config, after=today, days=HOLIDAYS_AHEAD)
    return "\n".join([said, *(_render_holiday(texts, each) for each in holidays)])


def _render_holiday(texts: Texts, holiday: Holiday) -> str:
    first, last = (render_day(texts, day) for day in (holiday.first, holiday.last))
    dates = first if holiday.first == holiday.last else f"{first} - {last}"
    return texts.closed_days.replace("{dates}", dates).replace("{holiday}", holiday.name)
