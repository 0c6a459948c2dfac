"""Mails with links: over a mail server, or, in practice, as files."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from secrets import token_hex
from typing import Protocol

import msgspec
import structlog

from portal.settings import PortalSettings
from shared.clock import Clock
from shared.socket_files import is_shared

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 30


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    to: str
    subject: str
    text: str


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Does not raise: whoever asked has long been answered. A failure is in the log."""
        ...


class SmtpMailer:
    def __init__(self, settings: PortalSettings, *, trust: ssl.SSLContext | None = None) -> None:
        """trust: whose certificates are taken; the machine's own list unless given."""
        self._settings = settings
        self._trust = trust or ssl.create_default_context()

    async def send(self, mail: Mail) -> None:
        try:
            await asyncio.to_thread(self._send, to_message(mail, sender=self._settings.mail_from))
        except (OSError, smtplib.SMTPException) as error:
            # Neither the address nor what was in the mail.
            log.error("mail.failed", error=type(error).__name__, exc_info=False)  # noqa: TRY400  its text may quote the recipient
        else:
            log.info("mail.sent")

    def _send(self, message: EmailMessage) -> None:
        settings = self._settings
        with smtplib.SMTP(
            settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS
        ) as connection:
            connection.starttls(context=self._trust)
            if settings.smtp_user:
                connection.login(settings.smtp_user, settings.smtp_password)
            connection.send_message(message)


class PracticeMailer:
    """A file a mail, newest last; the log says where, and never what is in it."""

    def __init__(self, directory: Path, *, sender: str, clock: Clock) -> None:
        self._directory = directory
        self._sender = sender
        self._clock = clock

    async def send(self, mail: Mail) -> None:
        name = f"{self._clock.now():%Y%m%dT%H%M%S}-{token_hex(4)}.eml"
        file = self._directory / name
        await asyncio.to_thread(self._write, file, to_message(mail, sender=self._sender))
        log.info("mail.written", file=str(file))

    def _write(self, file: Path, message: EmailMessage) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        if is_shared(self._directory):
            file.chmod(0o640)
        # Readable as it is: no quoting that would break a link in two.
        file.write_text(
            f"From: {message['From']}\nTo: {message['To']}\nSubject: {message['Subject']}\n\n"
            f"{message.get_content()}",
            encoding="utf-8",
        )


def choose_mailer(settings: PortalSettings, *, clock: Clock) -> Mailer:
    if settings.smtp_host:
        return SmtpMailer(settings)
    return PracticeMailer(settings.state_dir / "mail", sender=settings.mail_from, clock=clock)


def to_message(mail: Mail, *, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message.set_content(mail.text)
    return message
