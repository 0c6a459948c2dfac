"""A mail of ours: greeting, what it is about, and what to do if it was not asked for."""

from portal.house import House
from portal.mail import Mail
from portal.texts import TEXTS
from shared.enums import Language


async def send_mail(house: House, key: str, to: str, language: Language, **values: str) -> None:
    """key: of the text; its subject is `{key}_subject`."""
    subject, text = (TEXTS[f"{key}{part}"].in_(language) for part in ("_subject", ""))
    greeting, end = (TEXTS[each].in_(language) for each in ("mail.greeting", "mail.end"))
    text = text.format(**values)
    await house.mailer.send(Mail(to=to, subject=subject, text=f"{greeting}\n\n{text}\n\n{end}\n"))
