"""A team: invited by mail, owners and staff, and out at once when removed."""

import asyncio
import re
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace

import asyncpg
import pytest

from portal.insider import Insider
from portal.pages.live import stream_of
from portal.visitor import _find_member
from shared.web.limits import INVITATIONS
from tests.fakes.pages import Browser
from tests.fakes.tickets import open_guard
from tests.integration.portal.conftest import PASSWORD, Portal, after_each_check
from tests.integration.portal.test_start import APPROVED, LINKED, describe, execute, rows

JUMA = "juma@example.com"
MEMBERS = "SELECT email, role FROM users WHERE tenant IS NOT NULL ORDER BY created_at"


@pytest.fixture
async def owner(portal: Portal, database_url: str) -> Browser:
    """Of a business that an operator has accepted."""
    browser = await portal.sign_up()
    await describe(browser)
    await execute(database_url, APPROVED)
    return browser


async def invite(owner: Browser, email: str = JUMA, role: str = "STAFF"):
    await owner.go("/team")
    return await owner.send("/team", email=email, role=role)


async def join(portal: Portal, password: str = PASSWORD) -> Browser:
    """With the newest mail, in a browser of one's own."""
    browser, link = portal.another_browser(), portal.link()
    await browser.go(link)
    await browser.send(link, password=password)
    return browser


async def member(database_url: str, email: str = JUMA) -> str:
    found = dict(await rows(database_url, "SELECT email, id FROM users"))
    return str(found[email])


async def staff_of(portal: Portal, owner: Browser) -> Browser:
    await invite(owner)
    browser = await join(portal)
    assert browser.at.url.path == "/home", browser.at.text
    return browser


async def test_who_is_invited_joins_with_a_password_and_is_in(portal, owner, database_url):
    answer = await invite(owner)
    assert "The invitation is on its way" in answer.text
    assert "Invited as staff" in answer.text
    mail = portal.mails[-1]
    assert (mail.to, "Duka la Asha" in mail.text) == (JUMA, True)
    browser = portal.another_browser()
    page = await browser.go(portal.link())
    assert "Join Duka la Asha" in page.text
    await browser.send(portal.link(), password=PASSWORD)
    assert browser.at.url.path == "/home"
    assert await rows(database_url, MEMBERS) == [("asha@example.com", "OWNER"), (JUMA, "STAFF")]
    assert "Invited as staff" not in (await owner.go("/team")).text
    assert (await portal.another_browser().go(portal.link())).status_code == 410


@pytest.mark.parametrize("status", ["SUBMITTED", "REVIEWING", "REJECTED"])
async def test_nobody_writes_to_strangers_before_an_operator_knows_the_business(
    portal, owner, database_url, status
):
    await execute(database_url, f"UPDATE setup_requests SET status = '{status}'")  # noqa: S608
    mails = len(portal.mails)
    page = (await owner.go("/team")).text
    assert "once your request is accepted" in page
    assert 'action="/team"' not in page
    refused = await owner.force("/team", email=JUMA, role="STAFF")
    assert refused.status_code == 422
    assert "once your request is accepted" in refused.text
    assert len(portal.mails) == mails
    assert await rows(database_url, "SELECT 1 FROM mail_proofs WHERE purpose = 'INVITE'") == []


async def test_a_business_that_an_operator_made_asked_for_nothing_and_invites(
    portal, owner, database_url
):
    await execute(database_url, "DELETE FROM setup_requests")
    assert (await invite(owner)).status_code == 200
    assert portal.mails[-1].to == JUMA


@pytest.mark.usefixtures("owner")
async def test_the_portal_itself_cannot_invite_for_a_business_that_is_not_accepted(
    portal, database_url
):
    """Whatever its handlers do: the database says so."""
    await execute(database_url, "UPDATE setup_requests SET status = 'SUBMITTED'")
    [(tenant,)] = await rows(database_url, "SELECT id FROM tenants")
    asha = await member(database_url, "asha@example.com")
    connection = await asyncpg.connect(portal.settings.database_url)
    try:
        for expected in (asyncpg.InsufficientPrivilegeError, None):
            with pytest.raises(expected) if expected else nullcontext():
                async with connection.transaction():
                    await open_guard(connection, tenant=tenant, member=asha, proof="x")
                    await connection.execute(
                        "INSERT INTO mail_proofs"
                        " (token_hash, purpose, email, tenant, role, inviter, expires_at)"
                        " VALUES (flowhq_hash('x'), 'INVITE', 'v@x.de', $1, 'STAFF', $2, now())",
                        *(tenant, asha),
                    )
            await execute(database_url, APPROVED)
    finally:
        await connection.close()


NAMES = [
    ("Account blocked, go to evil.example/login", "evil.example"),
    ("Win at http://evil.example", "://evil"),
    ("\u202ewww.evil.example\u2066", "www"),
    ("Call +255 712 345 678 now", "712 345"),
    ("x" * 200, "x" * 61),
    ("Duka\u200b la\u202e Asha", "\u202e"),
]


@pytest.mark.parametrize(("name", "never"), NAMES)
@pytest.mark.parametrize("language", ["EN", "SW"])
async def test_a_mail_of_ours_quotes_a_name_and_holds_one_link_which_is_ours(  # noqa: PLR0917
    portal, owner, database_url, name, never, language
):
    """Also where the name is from before, or came by another way than the portal's forms."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE tenant_configs SET business_name = $1", name)
    await connection.execute("UPDATE users SET language = $1", language)
    await connection.close()
    await invite(owner)
    mail = portal.mails[-1]
    assert never not in mail.text
    assert re.search(r"\n\n    “[^\n]{1,60}”\n\n", mail.text)
    assert len(re.findall(r"https?://|www\.", mail.text)) == 1
    assert f"{portal.settings.public_url}/join/" in mail.text
    page = (await portal.browser.go(portal.link())).text
    assert never not in page


async def test_an_inviters_address_is_no_address_of_the_web(portal, database_url):
    browser = await portal.sign_up("evil.example/login@example.com")
    await describe(browser)
    await execute(database_url, APPROVED)
    await invite(browser)
    assert "evil.example/login" not in portal.mails[-1].text
    assert "…@example.com" in portal.mails[-1].text


async def test_staff_see_the_team_and_change_nothing(portal, owner, database_url):
    staff = await staff_of(portal, owner)
    page = await staff.go("/team")
    assert "asha@example.com" in page.text
    assert "<form" not in page.text.split("<main", 1)[1]
    target = await member(database_url, "asha@example.com")
    forbidden = [
        ("/team", {"email": "x@example.com", "role": "OWNER"}),
        (f"/team/{target}/role", {"role": "STAFF"}),
        (f"/team/{await member(database_url)}/role", {"role": "OWNER"}),
        (f"/team/{target}/remove", {}),
        ("/link", {"wish": "QR_ROUND"}),
    ]
    for path, values in forbidden:
        assert (await staff.force(path, **values)).status_code == 403, path
    assert (await staff.go(f"/team/{target}/remove")).status_code == 403
    assert await rows(database_url, MEMBERS) == [("asha@example.com", "OWNER"), (JUMA, "STAFF")]


async def test_staff_do_not_see_the_code_that_links_a_phone(portal, owner, database_url):
    staff = await staff_of(portal, owner)
    await execute(
        database_url,
        "UPDATE worker_processes SET desired_state = 'RUNNING', generation = 1, status = 'RUNNING'",
        "UPDATE whatsapp_sessions SET state = 'QR_READY', reason = 'WAITING_FOR_SCAN',"
        " last_qr = '2@x', qr_expires_at = now() + interval '1 minute'",
    )
    assert "data:image/png" in (await owner.go("/home")).text
    page = (await staff.go("/home")).text
    assert "data:image/png" not in page
    assert "An owner of the business links it" in page


async def test_an_owner_promotes_and_demotes(portal, owner, database_url):
    staff = await staff_of(portal, owner)
    path = f"/team/{await member(database_url)}/role"
    await owner.go("/team")
    await owner.send(path, role="OWNER")
    assert await rows(database_url, MEMBERS) == [("asha@example.com", "OWNER"), (JUMA, "OWNER")]
    assert "Invite somebody" in (await staff.go("/team")).text
    own = f"/team/{await member(database_url, 'asha@example.com')}/role"
    await staff.send(own, role="STAFF")
    assert "Invite somebody" not in (await owner.go("/team")).text
    assert (await owner.force(path, role="STAFF")).status_code == 403


@pytest.mark.parametrize("way", ["role", "remove"])
async def test_the_last_owner_stays(portal, owner, database_url, way):
    await staff_of(portal, owner)
    asha = await member(database_url, "asha@example.com")
    assert f"/team/{asha}/" not in (await owner.go("/team")).text
    answer = await owner.force(f"/team/{asha}/{way}", role="STAFF")
    assert answer.status_code == 422
    assert "A business needs an owner" in answer.text
    assert ("asha@example.com", "OWNER") in await rows(database_url, MEMBERS)


async def test_of_two_owners_who_remove_each_other_one_stays(portal, owner, database_url):
    await invite(owner, role="OWNER")
    other = await join(portal)
    asha, juma = await member(database_url, "asha@example.com"), await member(database_url)
    await asyncio.gather(owner.force(f"/team/{juma}/remove"), other.force(f"/team/{asha}/remove"))
    assert len(await rows(database_url, MEMBERS)) == 1


async def test_who_is_an_owner_no_more_since_the_request_began_is_refused_by_the_database(
    portal, owner, database_url, monkeypatch
):
    staff, juma = await staff_of(portal, owner), await member(database_url)
    monkeypatch.setattr(Insider, "is_owner", property(lambda _: True))
    for path, values in (
        ("/team", {"email": "x@example.com", "role": "OWNER"}),
        (f"/team/{juma}/role", {"role": "OWNER"}),
        (f"/team/{await member(database_url, 'asha@example.com')}/remove", {}),
    ):
        assert (await staff.force(path, **values)).status_code == 403, path
    assert await rows(database_url, MEMBERS) == [("asha@example.com", "OWNER"), (JUMA, "STAFF")]


@pytest.mark.parametrize("way", ["role", "remove"])
async def test_whom_an_owner_invited_stays_out_when_the_owner_is_none_any_more(
    portal, owner, database_url, way
):
    """Else an invitation to another address of one's own would be the way back."""
    await invite(owner, role="OWNER")
    other = await join(portal)
    await invite(other, "friend@example.com", role="OWNER")
    theirs = portal.link()
    await invite(owner, "neema@example.com")
    await owner.force(f"/team/{await member(database_url)}/{way}", role="STAFF")
    assert (await portal.another_browser().go(theirs)).status_code == 410
    assert (await portal.another_browser().go(portal.link())).status_code == 200
    assert "friend@example.com" not in (await owner.go("/team")).text


async def test_one_invitation_that_is_taken_twice_at_once_is_taken_once(
    portal, owner, database_url
):
    await invite(owner)
    first, second, link = portal.another_browser(), portal.another_browser(), portal.link()
    for each in (first, second):
        await each.go(link)
    answers = await asyncio.gather(
        *(each.send(link, password=PASSWORD) for each in (first, second))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 410]
    assert len(await rows(database_url, MEMBERS)) == 2


async def test_who_joins_with_a_password_that_was_changed_meanwhile_is_not_in(
    portal, owner, database_url, monkeypatch
):
    await portal.sign_up(JUMA)
    await invite(owner)
    after_each_check(portal, monkeypatch, database_url)
    browser = portal.another_browser()
    await browser.go(portal.link())
    assert (await browser.send(portal.link(), password=PASSWORD)).status_code == 422
    assert await rows(database_url, MEMBERS) == [("asha@example.com", "OWNER")]


async def test_who_is_removed_is_out_at_once(portal, owner, database_url):
    staff = await staff_of(portal, owner)
    path = f"/team/{await member(database_url)}/remove"
    page = await owner.go(path)
    assert JUMA in page.text
    await owner.send(path)
    assert owner.at.url.path == "/team"
    assert JUMA not in owner.at.text
    assert (await staff.go("/home")).url.path == "/sign-in"
    assert len(await rows(database_url, "SELECT 1 FROM browser_sessions")) == 1


@pytest.mark.parametrize("way", ["role", "remove"])
async def test_an_open_page_of_who_is_removed_or_demoted_is_shown_nothing_more(
    portal, owner, database_url, way
):
    """An owner's page has the code in it that links a phone."""
    await invite(owner, role="OWNER")
    other = await join(portal)
    state = portal.transport.app.state
    visitor = await _find_member(state.house, other.cookies["session"])
    tenant_id = visitor.member.tenant_id
    request = SimpleNamespace(app=portal.transport.app, state={"visitor": visitor})
    looks = iter(("one", "two"))

    async def look() -> str:
        return next(looks)

    seen = stream_of(request, tenant_id, look).iterator
    async for chunk in seen:
        if b"one" in chunk:
            break
    await owner.force(f"/team/{await member(database_url)}/{way}", role="STAFF")
    state.changes.tell(tenant_id)
    assert b"two" not in b"".join([chunk async for chunk in seen])


async def test_another_businesss_people_and_invitations_are_not_there(portal, owner, database_url):
    await staff_of(portal, owner)
    stranger = await portal.sign_up("neema@example.com")
    await describe(stranger, name="Neema Salon", phone="+255712345679")
    await execute(database_url, APPROVED)
    await invite(stranger, "someone@example.com")
    [(invitation,)] = await rows(
        database_url, "SELECT id FROM mail_proofs WHERE email = 'someone@example.com'"
    )
    for path in (
        f"/team/{await member(database_url, 'neema@example.com')}/role",
        f"/team/{await member(database_url, 'neema@example.com')}/remove",
        f"/team/invitations/{invitation}/withdraw",
    ):
        assert (await owner.force(path, role="STAFF")).status_code == 404, path
    page = (await owner.go("/team")).text
    assert "neema@example.com" not in page
    assert "someone@example.com" not in page


async def test_an_invitation_that_is_withdrawn_is_over(portal, owner):
    await invite(owner)
    path = re.search(r"/team/invitations/[0-9a-f-]+/withdraw", owner.at.text)[0]
    await owner.send(path)
    assert JUMA not in owner.at.text
    assert (await portal.another_browser().go(portal.link())).status_code == 410


async def test_of_two_invitations_the_newer_counts(portal, owner):
    await invite(owner)
    first = portal.link()
    await invite(owner, role="OWNER")
    assert owner.at.text.count(JUMA) == 2  # the row, and what a screen reader hears of its button
    assert (await portal.another_browser().go(first)).status_code == 410
    assert "as an owner" in (await portal.another_browser().go(portal.link())).text


async def test_an_invitation_is_over_after_three_days(portal, owner):
    await invite(owner)
    portal.clock.advance(timedelta(days=3, seconds=1))
    assert (await portal.another_browser().go(portal.link())).status_code == 410


async def test_an_account_without_a_business_joins_with_its_own_password(
    portal, owner, database_url
):
    await portal.sign_up(JUMA)
    await invite(owner)
    browser = portal.another_browser()
    page = await browser.go(portal.link())
    assert "With your account" in page.text
    wrong = await browser.send(portal.link(), password="other good words")
    assert (wrong.status_code, "not your password" in wrong.text) == (422, True)
    await browser.send(portal.link(), password=PASSWORD)
    assert browser.at.url.path == "/home"
    assert (JUMA, "STAFF") in await rows(database_url, MEMBERS)


async def test_whether_an_address_has_a_business_is_for_its_owner_alone(
    portal, owner, database_url
):
    other = await portal.sign_up(JUMA)
    await describe(other, name="Juma Salon", phone="+255712345679")
    known, unknown = await invite(owner), await invite(owner, "nobody@example.com")
    assert known.status_code == unknown.status_code == 200
    assert [mail.to for mail in portal.mails[-2:]] == [JUMA, "nobody@example.com"]
    link = re.search(r"/join/\S+", portal.mails[-2].text)[0]
    browser = portal.another_browser()
    page = await browser.go(link)
    assert "belongs to a business here already" in page.text
    assert "<form" not in page.text.split("<main", 1)[1]
    assert len(await rows(database_url, "SELECT DISTINCT tenant FROM users")) == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "asha"}, "email"),
        ({"email": "ASHA@example.com"}, "email"),
        ({"role": "ADMIN"}, "role"),
    ],
)
async def test_who_cannot_be_invited_is_said_at_the_field(portal, owner, values, field):
    sent = len(portal.mails)
    answer = await invite(owner, **values)
    assert answer.status_code == 422
    assert f'aria-describedby="{field}-more"' in answer.text
    assert len(portal.mails) == sent


async def test_a_business_writes_to_no_crowd(owner):
    for number in range(INVITATIONS.tries):
        assert (await invite(owner, f"x{number}@example.com")).status_code == 200
    assert (await invite(owner, "one.more@example.com")).status_code == 429


async def test_activity_tells_who_did_what_in_the_readers_language(portal, owner, database_url):
    staff = await staff_of(portal, owner)
    await owner.go("/settings/texts")
    await owner.send("/settings/texts", greeting="Karibu!")
    juma = await member(database_url)
    await owner.go("/team")
    await owner.send(f"/team/{juma}/role", role="OWNER")
    page = re.sub(r"\s+", " ", (await staff.go("/activity")).text)
    said = [
        "asha@example.com changed the role of juma@example.com: now as an owner",
        "asha@example.com changed the bot&#39;s texts",
        "juma@example.com joined as staff",
        "asha@example.com invited juma@example.com as staff",
        "asha@example.com described the business and asked for the bot",
    ]
    assert [page.index(each) for each in said] == sorted(page.index(each) for each in said)
    await staff.go("/account")
    await staff.send("/language", language="SW")
    assert "asha@example.com alibadilisha maneno ya boti" in (await staff.go("/activity")).text


async def test_activity_is_paged_and_names_nobody_of_another_business(portal, owner, database_url):
    await execute(
        database_url,
        "INSERT INTO portal_event_logs (tenant, event_type, payload_json, created_at)"
        " SELECT id, 'signed_in', jsonb_build_object('who', 'n' || n), now() - n * interval '1 h'"
        " FROM tenants, generate_series(60, 1, -1) n",
    )
    first = (await owner.go("/activity")).text
    assert ("n1 signed in" in first, "n60 signed in" in first) == (True, False)
    second = (await owner.go(re.search(r"/activity\?before=[^\"]+", first)[0])).text
    assert ("n1 signed in" in second, "n60 signed in" in second) == (False, True)
    assert (await owner.go("/activity?before=x")).status_code == 400
    other = await portal.sign_up("neema@example.com")
    await describe(other, name="Neema Salon", phone="+255712345679")
    assert "n1 signed in" not in (await other.go("/activity")).text


async def test_what_we_do_not_know_the_word_of_is_told_without_breaking_the_page(
    owner, database_url
):
    await execute(
        database_url,
        "INSERT INTO portal_event_logs (tenant, event_type, payload_json)"
        """ SELECT id, 'new_thing', '{"who": "<script>{0}"}' FROM tenants""",
        "INSERT INTO portal_event_logs (tenant, event_type) SELECT id, 'signed_in' FROM tenants",
    )
    page = (await owner.go("/activity")).text
    assert "&lt;script&gt;{0} did something else" in page
    assert "Somebody who has left signed in" in page


async def test_a_linked_business_stays_linked_whoever_goes(portal, owner, database_url):
    await staff_of(portal, owner)
    await execute(database_url, LINKED)
    path = f"/team/{await member(database_url)}/remove"
    await owner.go(path)
    await owner.send(path)
    assert (await owner.go("/home")).status_code == 200
