"""An operator at work, in every size and colour scheme, and with scripts switched off."""

from datetime import timedelta

import pyotp
import pytest

from shared.stores import setup_requests, tenants
from tests.browser.test_accounts import walk  # noqa: F401  the fixture
from tests.browser.test_fleet import LOOKS
from tests.browser.walking import Walk
from tests.fakes.businesses import business
from tests.integration.dashboard.conftest import EMAIL, Dashboard
from tests.integration.portal.conftest import PASSWORD

HOSTILE = "Duka <script>alert(1)</script> \u202e\U0001f600"


@pytest.fixture
async def waiting(database):  # noqa: ARG001  the stores are bound to it
    """Two businesses that ask for a bot; the name of one is not kind."""
    for number, name in enumerate(["Saluni ya Amani", HOSTILE], start=1):
        tenant = await tenants.create(business(number, name=name))
        await setup_requests.create(tenant.id, note="Anauliza kwa simu" if number == 1 else "")


async def sign_in(walk: Walk, url: str) -> None:  # noqa: F811  the fixture's
    await walk.page.goto(url)
    await walk.fill(email=EMAIL, password=PASSWORD)
    await walk.page.wait_for_url("**/dashboard")


everywhere = pytest.mark.parametrize("walk", LOOKS, indirect=True)


@pytest.mark.usefixtures("waiting")
@everywhere
async def test_an_operator_signs_in_decides_on_requests_and_enters_a_tenant(
    dashboard_url: str,
    walk: Walk,  # noqa: F811  the fixture
):
    page, walk.name = walk.page, f"dashboard-{walk.name}"
    await page.goto(dashboard_url)
    await walk.at("sign-in")
    await walk.fill(email=EMAIL, password="not the right one")
    await walk.at("sign-in-wrong")
    await walk.fill(email=EMAIL, password=PASSWORD)
    await page.wait_for_url("**/dashboard")
    await walk.at("fleet")

    await page.click("nav a[href='/dashboard/requests']")
    await walk.at("requests")
    await page.fill("article:has-text('Amani') [name=note]", "karibu")
    await page.click("article:has-text('Amani') button:has-text('Approve')")
    await page.wait_for_selector(".notice.good")
    await walk.at("requests-approved")
    await page.click("button:has-text('Reject')")
    await page.wait_for_selector(".notice.bad")
    await page.click(".choices a:has-text('All')")
    await walk.at("requests-all")

    await page.click("nav a[href='/dashboard/new-tenant']")
    await page.fill("#name", "Duka la Asha")
    await walk.fill(phone_number="0712 345 678")
    await page.wait_for_selector(".notice.bad")
    await walk.at("new-tenant-wrong")
    await page.select_option("#template_type", "ECOMMERCE")
    await walk.fill(phone_number="+255 712 345 678")
    await page.wait_for_url("**/dashboard/tenants/*")
    await walk.at("tenant")
    await page.click(".choices a:has-text('Members')")
    await walk.fill(email="asha@example.com", current=PASSWORD)
    await page.wait_for_selector("th:has-text('asha@example.com')")
    await walk.at("members")
    await page.click(".choices a:has-text('API keys')")
    await walk.at("tenant-keys")


@everywhere
async def test_an_operator_makes_a_key_revokes_it_and_finds_both_in_the_log(
    dashboard_url: str,
    walk: Walk,  # noqa: F811  the fixture
):
    page, walk.name = walk.page, f"dashboard-keys-{walk.name}"
    await sign_in(walk, dashboard_url)
    await page.click("nav a[href='/dashboard/keys']")
    await walk.fill(name="deploy", current=PASSWORD)
    await page.wait_for_selector(".secret")
    await walk.at("key-made")
    await page.click("summary")
    await page.fill("td [name=current]", PASSWORD)
    await page.click("td button")
    await page.wait_for_selector("text=There is none.")

    await page.click("nav a[href='/dashboard/audit']")
    await walk.at("audit")
    assert await page.locator("tbody tr").count() == 3
    await page.select_option("#action", "api_key.issued")
    await page.click(".filters button")
    await page.wait_for_url("**action=api_key.issued")
    assert await page.locator("tbody tr").count() == 1

    await page.click("nav a[href='/dashboard/account']")
    await walk.at("account")
    await page.click("form[action='/dashboard/sign-out'] button")
    await page.wait_for_url("**/dashboard/sign-in")


@pytest.mark.parametrize("walk", LOOKS[:1], indirect=True)
async def test_an_operator_adds_another_and_sets_an_authenticator_up(
    dashboard_url: str,
    walk: Walk,  # noqa: F811  the fixture
    dashboard: Dashboard,
):
    page, walk.name = walk.page, f"dashboard-step-{walk.name}"
    await sign_in(walk, dashboard_url)
    await page.click("nav a[href='/dashboard/operators']")
    await page.select_option("#role", "SUPPORT")
    await walk.fill(email="asha@example.com", current=PASSWORD)
    await page.wait_for_selector(".secret")
    await walk.at("operator-made")
    await page.click("th a:has-text('asha@example.com')")
    await walk.at("operator")
    await page.click("nav a[href='/dashboard/account']")
    await page.fill("#begin-current", PASSWORD)
    await page.press("#begin-current", "Enter")
    await page.wait_for_selector("img.qr")
    phone = pyotp.parse_uri(await walk.read_code())
    await walk.at("second-step")
    await walk.fill(code=phone.at(dashboard.clock.now()))
    await page.wait_for_selector(".secrets")
    await walk.at("recovery-codes")
    await page.click("form[action='/dashboard/sign-out'] button")
    await walk.fill(email=EMAIL, password=PASSWORD)
    await page.wait_for_url("**/sign-in/code?**")
    await walk.at("sign-in-code")
    await walk.fill(code="000000")
    await walk.at("sign-in-code-wrong")
    dashboard.clock.advance(timedelta(seconds=30))
    await walk.fill(code=phone.at(dashboard.clock.now()))
    await page.wait_for_url("**/dashboard")
    await page.click("nav a[href='/dashboard/account']")
    await walk.at("account-with-second-step")


@pytest.mark.parametrize("walk", [("en", "desk", "light", True)], indirect=True)
async def test_the_keyboard_alone_is_enough(
    dashboard_url: str,
    walk: Walk,  # noqa: F811  the fixture
):
    await sign_in(walk, dashboard_url)
    reached = []
    for _ in range(11):
        await walk.page.keyboard.press("Tab")
        reached.append(await walk.page.evaluate("document.activeElement.textContent.trim()"))
    assert reached == [
        *("Skip to the content", "FlowHQ", "Fleet", "Requests", "New tenant", "API keys"),
        *("Operators", "Audit log", "Security", "Account", "Sign out"),
    ]
