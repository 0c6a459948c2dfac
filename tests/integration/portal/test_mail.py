"""Mails reach a mail server over TLS alone, or a file, and their links reach no log."""

import asyncio
import stat
from pathlib import Path

import msgspec
import pytest

from portal.mail import Mail, PracticeMailer, SmtpMailer, choose_mailer
from portal.settings import PortalSettings
from tests.fakes.clocks import ManualClock
from tests.fakes.smtp_server import SmtpServer

LINK = f"http://127.0.0.1:8080/sign-up/fhm_{'x' * 43}"
MAIL = Mail(to="asha@example.com", subject="Nenosiri jipya", text=f"Habari,\n\n{LINK}\n")
SETTINGS = PortalSettings(
    database_url="",
    secret="",
    smtp_host="127.0.0.1",
    smtp_user="portal",
    smtp_password="secret",
    mail_from="FlowHQ <noreply@example.com>",
)


@pytest.fixture
def server(tmp_path, blockbuster):
    blockbuster.deactivate()  # the server is a thread of the test's own
    with SmtpServer(tmp_path).running() as running:
        yield running


def settings(server: SmtpServer, **changes: str) -> PortalSettings:
    return msgspec.structs.replace(SETTINGS, smtp_port=server.port, **changes)


async def test_a_mail_goes_out_over_tls_after_a_login(server, capsys):
    await SmtpMailer(settings(server), trust=server.trust).send(MAIL)
    (mail,) = server.mails
    assert "To: asha@example.com" in mail
    assert LINK in mail
    assert {"AUTH secret", "MAIL secret", "DATA secret"} <= set(server.heard)
    said = capsys.readouterr().out
    assert "mail.sent" in said
    assert "fhm_" not in said


async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(server, capsys):
    await SmtpMailer(settings(server)).send(MAIL)
    assert server.mails == []
    assert "AUTH secret" not in server.heard
    assert "mail.failed" in capsys.readouterr().out


@pytest.mark.parametrize("changes", [{"smtp_password": "wrong"}, {"smtp_host": "127.0.0.2"}])
async def test_a_mail_that_cannot_be_sent_is_in_the_log_without_what_it_says(
    server, capsys, changes
):
    await SmtpMailer(settings(server, **changes), trust=server.trust).send(MAIL)
    assert server.mails == []
    said = capsys.readouterr().out
    assert "mail.failed" in said
    assert "asha" not in said
    assert "fhm_" not in said


async def test_in_practice_a_mail_is_a_file_that_its_owner_can_read(tmp_path: Path, capsys):
    mailer = PracticeMailer(tmp_path / "mail", sender="FlowHQ <x@y.de>", clock=ManualClock())
    await mailer.send(MAIL)
    (file,) = (tmp_path / "mail").iterdir()
    assert LINK in file.read_text(encoding="utf-8").splitlines()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    said = capsys.readouterr().out
    assert str(file) in said.replace("\n", "")
    assert "fhm_" not in said


def test_where_the_directory_is_a_groups_as_well_it_reads_the_mail(tmp_path: Path):
    tmp_path.chmod(0o2750)
    mailer = PracticeMailer(tmp_path, sender="FlowHQ <x@y.de>", clock=ManualClock())
    asyncio.run(mailer.send(MAIL))
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_named_server_is_used_and_else_files_are_written(tmp_path):
    clock = ManualClock()
    assert isinstance(choose_mailer(SETTINGS, clock=clock), SmtpMailer)
    without = msgspec.structs.replace(SETTINGS, smtp_host="", state_dir=tmp_path)
    assert isinstance(choose_mailer(without, clock=clock), PracticeMailer)
