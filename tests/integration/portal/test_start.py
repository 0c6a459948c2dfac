"""From an account to a request for a bot, and what its page says from then on."""

import asyncio

import asyncpg
import pytest

from tests.fakes.pages import Browser
from tests.integration.portal.conftest import Portal

BUSINESS = {"name": "Duka la Asha", "phone": "+255 712 345 678", "template": "ECOMMERCE"}
HOURS = {
    f"{edge}_{day}": time
    for day in ("MON", "TUE")
    for edge, time in (("opens", "08:00"), ("closes", "17:30"))
}


LINKED = (
    "UPDATE worker_processes SET desired_state = 'RUNNING', generation = 1, status = 'RUNNING';"
    " UPDATE whatsapp_sessions SET state = 'CONNECTED', reason = 'LINKED',"
    " last_seen_at = now()"
)

APPROVED = "UPDATE setup_requests SET status = 'APPROVED', decided_at = now()"


async def describe(browser: Browser, **changes: str):
    await browser.go("/start")
    return await browser.send("/start", **{"language": "SW", **BUSINESS, **HOURS, **changes})


async def rows(url: str, query: str) -> list[tuple]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_described_business_is_a_tenant_whose_request_is_submitted(
    portal: Portal, database_url: str
):
    browser = await portal.sign_up()
    assert browser.at.url.path == "/start"
    answer = await describe(browser)
    assert answer.url.path == "/home"
    assert "Your request is with us" in answer.text
    assert await rows(
        database_url,
        "SELECT t.name, t.phone_number, c.template_type, c.language, r.status, u.email"
        " FROM tenants t JOIN tenant_configs c ON c.tenant = t.id JOIN users u ON u.tenant = t.id"
        " JOIN setup_requests r ON r.tenant = t.id"
        " JOIN worker_processes w ON w.tenant = t.id AND w.desired_state = 'STOPPED'",
    ) == [
        ("Duka la Asha", "+255712345678", "ECOMMERCE", "SW", "SUBMITTED", "asha@example.com"),
    ]


async def test_what_is_wrong_is_said_and_what_was_typed_stays(portal, database_url):
    browser = await portal.sign_up()
    answer = await describe(browser, phone="0712345678", name="<script>alert(1)</script>")
    assert answer.status_code == 422
    assert "with its country" in answer.text
    assert 'value="0712345678"' in answer.text
    assert "<script>alert" not in answer.text
    assert await rows(database_url, "SELECT 1 FROM tenants") == []


async def test_another_businesss_number_is_refused_and_nothing_is_half_done(portal, database_url):
    await describe(await portal.sign_up())
    other = await portal.sign_up("juma@example.com")
    answer = await describe(other)
    assert answer.status_code == 422
    assert "has a bot already" in answer.text
    assert len(await rows(database_url, "SELECT 1 FROM tenants")) == 1
    assert (await other.go("/home")).url.path == "/start"


async def test_a_member_has_one_business_however_often_it_is_sent(portal, database_url):
    browser = await portal.sign_up()
    await browser.go("/start")
    sent = {"language": "SW", **BUSINESS, **HOURS}
    answers = await asyncio.gather(
        *(browser.send("/start", **sent | {"phone": f"+25571234567{n}"}) for n in range(3))
    )
    assert min(answer.status_code for answer in answers) == 200
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(await rows(database_url, "SELECT 1 FROM tenants")) == 1
    assert (await browser.go("/start")).url.path == "/home"


async def test_two_businesses_see_nothing_of_each_other(portal):
    asha, juma = await portal.sign_up(), await portal.sign_up("juma@example.com")
    await describe(asha)
    await describe(juma, name="Juma Salon", phone="+255712345679")
    assert "Juma Salon" not in (await asha.go("/home")).text
    assert "Duka la Asha" not in (await juma.go("/home")).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE setup_requests SET status = 'REJECTED'", "Your request was turned down"),
        (
            "UPDATE worker_processes SET desired_state = 'RUNNING', generation = 1",
            "Your bot is starting",
        ),
        (
            LINKED,
            "Answering since ",
        ),
    ],
)
async def test_home_says_what_is_the_case(portal, database_url, change, words):
    browser = await portal.sign_up()
    await describe(browser)
    await execute(database_url, change)
    assert words in (await browser.go("/home")).text


async def test_a_tenant_whose_removal_was_asked_for_is_not_there(portal, database_url):
    browser = await portal.sign_up()
    await describe(browser)
    await execute(database_url, "UPDATE tenants SET removal_requested_at = now()")
    assert (await browser.go("/home")).status_code == 404


async def test_a_stranger_describes_nothing(portal):
    assert (await portal.browser.go("/start")).url.path == "/sign-in"
