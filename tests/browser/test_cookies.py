"""A real browser's jar: to whom it sends an operator's session, on one host."""

import pytest

from tests.browser.test_accounts import walk  # noqa: F401  the fixture
from tests.browser.test_fleet import sign_in
from tests.browser.walking import Portal, Walk


@pytest.mark.parametrize("walk", [("en", "desk", "light", True)], indirect=True, ids=["desk"])
async def test_the_portal_on_another_port_is_not_sent_an_operators_session(
    dashboard_url: str,
    portal: Portal,
    walk: Walk,  # noqa: F811  the fixture
):
    await sign_in(walk, dashboard_url)
    context = walk.page.context

    async def sent_to(url: str) -> set[str]:
        return {cookie["name"] for cookie in await context.cookies(url)}

    assert "dashboard-session" in await sent_to(f"{dashboard_url}/dashboard/account")
    # A path that only begins like the dashboard's.
    assert not [name for name in await sent_to(f"{portal.url}/dashboards") if "dashboard" in name]
    for path in ("/", "/sign-in", "/home", "/messages"):
        await walk.page.goto(f"{portal.url}{path}")
        assert not [name for name in await sent_to(walk.page.url) if "dashboard" in name]
    # The portal's own page is signed in to nothing, and the dashboard still is.
    await walk.page.goto(f"{dashboard_url}/dashboard/account")
    assert walk.page.url.endswith("/dashboard/account")
