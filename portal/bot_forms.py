"""What a bot is told, as the three forms of the settings, and back. Pure."""

from collections.abc import Mapping

import msgspec

from portal.business_form import read_name
from portal.hours_form import (
    holidays_to_form,
    hours_to_form,
    quiet_to_form,
    read_holidays,
    read_hours,
    read_quiet,
)
from shared.enums import Language, TemplateType, Topic, WhenClosed
from shared.flows.templates import ANSWERED, TEMPLATES
from shared.structs.tenants import BotTexts, TenantConfig
from shared.structs.text import BotText, Label, ZoneName
from shared.web.fields import FormError

_replace = msgspec.structs.replace


def bot_to_form(config: TenantConfig) -> dict[str, str]:
    return {
        "name": config.business_name,
        "template": config.template_type.value,
        "language": config.language.value,
        "time_zone": config.time_zone,
    }


def read_bot(form: Mapping[str, str], config: TenantConfig) -> TenantConfig:
    """Quiet hours that are in the business's time stay in it.

    Raises FormError. Whether there is such a time zone is for others to say.
    """
    wrong: dict[str, str] = {}
    name = read_name(form, wrong)
    zone = _read(form, "time_zone", ZoneName, wrong, "bot.zone_wrong")
    if form.get("template") not in TemplateType.__members__:
        wrong["template"] = "business.template_wrong"
    if form.get("language") not in Language.__members__:
        wrong["language"] = "business.language_wrong"
    if wrong:
        raise FormError(wrong)
    quiet = config.quiet_hours
    if quiet is not None and quiet.time_zone == config.time_zone:
        quiet = _replace(quiet, time_zone=zone)
    return _replace(
        config,
        business_name=name,
        quiet_hours=quiet,
        time_zone=zone,
        template_type=TemplateType(form["template"]),
        language=Language(form["language"]),
    )


def hours_of(config: TenantConfig) -> dict[str, str]:
    return {
        "when_closed": config.when_closed.value,
        "closed": config.texts.closed or "",
        **hours_to_form(config.hours),
        **holidays_to_form(config.holidays),
        **quiet_to_form(config.quiet_hours),
    }


def read_opening(form: Mapping[str, str], config: TenantConfig) -> TenantConfig:
    """Raises FormError."""
    wrong: dict[str, str] = {}
    hours, holidays = read_hours(form, wrong), read_holidays(form, wrong)
    quiet_hours = read_quiet(form, config, wrong)
    closed = _read_own(form, "closed", BotText, wrong, "texts.wrong")
    if form.get("when_closed") not in WhenClosed.__members__:
        wrong["when_closed"] = "business.language_wrong"
    if wrong:
        raise FormError(wrong)
    return _replace(
        config,
        hours=hours,
        holidays=holidays,
        quiet_hours=quiet_hours,
        when_closed=WhenClosed(form["when_closed"]),
        texts=_replace(config.texts, closed=closed),
    )


def texts_to_form(config: TenantConfig) -> dict[str, str]:
    texts = config.texts
    return {
        "greeting": texts.greeting or "",
        **{f"title_{topic}": texts.titles.get(topic, "") for topic in list_titled(config)},
        **{f"answer_{topic}": texts.answers.get(topic, "") for topic in list_answered(config)},
    }


def read_texts(form: Mapping[str, str], config: TenantConfig) -> TenantConfig:
    """What other templates say stays, for who comes back to one. Raises FormError."""
    wrong: dict[str, str] = {}
    greeting = _read_own(form, "greeting", BotText, wrong, "texts.wrong")
    titles, answers = dict(config.texts.titles), dict(config.texts.answers)
    for topic in list_titled(config):
        _put(titles, topic, _read_own(form, f"title_{topic}", Label, wrong, "texts.title_wrong"))
    for topic in list_answered(config):
        _put(answers, topic, _read_own(form, f"answer_{topic}", BotText, wrong, "texts.wrong"))
    if wrong:
        raise FormError(wrong)
    texts = BotTexts(greeting=greeting, closed=config.texts.closed, titles=titles, answers=answers)
    return _replace(config, texts=texts)


def list_titled(config: TenantConfig) -> tuple[Topic, ...]:
    return TEMPLATES[config.template_type].menu


def list_answered(config: TenantConfig) -> tuple[Topic, ...]:
    template = TEMPLATES[config.template_type]
    return tuple(topic for topic in (*template.menu, *template.understood) if topic in ANSWERED)


def _put(words: dict[Topic, str], topic: Topic, own: str | None) -> None:
    words.pop(topic, None)
    if own is not None:
        words[topic] = own


def _read_own(
    form: Mapping[str, str], field: str, kind: object, wrong: dict[str, str], problem: str
) -> str | None:
    """None: in our words."""
    return _read(form, field, kind, wrong, problem) if form.get(field, "").strip() else None


def _read(
    form: Mapping[str, str], field: str, kind: object, wrong: dict[str, str], problem: str
) -> str:
    # Browsers end lines with two characters, which would count as two.
    text = form.get(field, "").replace("\r\n", "\n").strip()
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError:
        wrong[field] = problem
    return text
