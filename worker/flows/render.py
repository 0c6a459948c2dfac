"""Putting a language's sentences together. Pure."""

from shared.enums import Weekday
from shared.structs.tenants import TenantConfig
from worker.flows.conversation import Step
from worker.flows.templates import Template, Topic
from worker.flows.texts.language import Texts


def render_greeting(texts: Texts, config: TenantConfig) -> str:
    # Replaced, not formatted: a business may have braces in its name.
    return texts.greeting.replace("{business}", config.business_name)


def render_menu(texts: Texts, template: Template, opening: str) -> str:
    lines = [f"{number}. {texts.topics[topic]}" for number, topic in enumerate(template.menu, 1)]
    return "\n".join([opening, *lines, texts.how_to_choose])


def render_answer(texts: Texts, config: TenantConfig, topic: Topic) -> str:
    if topic is Topic.HOURS:
        return _render_hours(texts, config)
    narrow = texts.answers.get((config.template_type, topic))
    return narrow or texts.answers[topic]


def render_summary(texts: Texts, answers: dict[Step, str]) -> str:
    return "\n".join(f"{texts.fields[step]}: {answer}" for step, answer in answers.items())


def _render_hours(texts: Texts, config: TenantConfig) -> str:
    if not config.hours:
        return texts.hours_unknown
    lines = []
    for day in Weekday:
        hours = config.hours.get(day)
        times = f"{hours.opens}-{hours.closes}" if hours is not None else texts.closed
        lines.append(f"{texts.days[day]}: {times}")
    return texts.open_hours.replace("{hours}", "\n".join(lines))
