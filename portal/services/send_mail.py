"""A mail of ours: greeting, what it is about, and what to do if it was not asked for."""

from datetime import timedelta

from portal.house import House
from portal.mail import Mail
from portal.mail_limits import to_hours
from portal.texts import TEXTS
from shared.enums import Language


async def send_mail(
    house: House,
    key: str,
    to: str,
    language: Language,
    *,
    life: timedelta | None = None,
    end: str = "mail.end",
    **values: str,
) -> None:
    """key: of the text; its subject is `{key}_subject`. life: of the link in it, as `{life}`. end:
    what to do if nobody asked for it.
    """
    if life is not None:
        values["life"] = _say_life(life, language)
    subject, text, greeting, ending = (
        TEXTS[each].in_(language) for each in (f"{key}_subject", key, "mail.greeting", end)
    )
    text = f"{greeting}\n\n{text.format(**values)}\n\n{ending}\n"
    await house.mailer.send(Mail(to=to, subject=subject, text=text))


def _say_life(life: timedelta, language: Language) -> str:
    hours = to_hours(life)
    word = "mail.one_hour" if hours == 1 else "mail.hours"
    return TEXTS[word].in_(language).format(hours=hours)
