"""The mails of the portal on the sandbox's page: all of them, newest first, as text."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from portal.mail import Mail, PracticeMailer
from sandbox.control.api import make_api
from sandbox.mailbox import MOST, read_mailbox
from shared.clock import SystemClock

# Of the older handlers beside the page.
pytestmark = pytest.mark.filterwarnings(
    "ignore::litestar.exceptions.base_exceptions.LitestarDeprecationWarning"
)
SIGN_UP = Mail(
    to="asha@example.com",
    subject="Your account",
    text="Karibu!\n\nhttp://127.0.0.1:8080/sign-up/fhm_abc?x=1&y=2\n\nFlowHQ",
)


@pytest.fixture
def mailer(tmp_path: Path) -> PracticeMailer:
    """The portal's own."""
    return PracticeMailer(tmp_path / "mail", sender="FlowHQ <x@y.test>", clock=SystemClock())


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    # It reads its templates.
    api = await asyncio.to_thread(make_api, None, mail_dir=tmp_path / "mail")
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as client:
        yield client


async def test_without_mails_the_page_says_so(page):
    answer = await page.get("/")
    assert answer.status_code == 200
    assert "No mail yet." in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await page.get("/mails")).json() == []


async def test_what_the_portal_mails_is_shown_with_a_link_that_works(page, mailer):
    await mailer.send(SIGN_UP)
    text = (await page.get("/")).text
    assert "Your account" in text
    assert "To asha@example.com" in text
    link = "http://127.0.0.1:8080/sign-up/fhm_abc?x=1&amp;y=2"
    assert f'<a href="{link}" rel="noreferrer">{link}</a>' in text
    [mail] = (await page.get("/mails")).json()
    assert (mail["to"], mail["subject"]) == ("asha@example.com", "Your account")
    assert mail["text"].strip() == SIGN_UP.text


async def test_the_newest_comes_first_and_there_is_an_end_to_it(mailer, tmp_path):
    for number in range(MOST + 5):
        await mailer.send(Mail(to="a@b.de", subject=f"mail {number}", text="x"))
        newest = max((tmp_path / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        os.utime(newest, ns=(number, number))
    shown = await asyncio.to_thread(read_mailbox, tmp_path / "mail")
    assert [mail.subject for mail in shown] == [f"mail {n}" for n in range(MOST + 4, 4, -1)]


async def test_a_mail_is_text_and_leads_nowhere_but_to_the_web(page, mailer):
    hostile = '<script>alert(1)</script> javascript:alert(1) "><img src=x> \u202eabc'
    await mailer.send(Mail(to="a@b.de", subject=hostile, text=hostile))
    text = (await page.get("/")).text
    assert "<script>" not in text
    assert "<img src=x>" not in text
    assert 'href="javascript' not in text


async def test_what_is_no_mail_is_left_out(page, tmp_path):
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "begun.eml").write_text("From: x")
    (tmp_path / "mail" / "bytes.eml").write_bytes(b"\xff\xfe")
    assert (await page.get("/mails")).json() == []
