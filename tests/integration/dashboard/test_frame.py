"""What holds for every page: headers, errors in the same style, places that lead somewhere."""

import re
from uuid import uuid4

import pytest


async def test_a_page_runs_nothing_inline_and_is_framed_by_nobody(browser):
    answer = await browser.go("/dashboard")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on[a-z]+=", answer.text)
    assert answer.headers["cache-control"] == "no-store"


async def test_every_place_of_the_bar_is_there_and_says_where_one_is(browser):
    bar = (await browser.go("/dashboard")).text
    places = re.findall(
        r'<a href="(/dashboard[^"]*)"(?: aria-current="page")?>', bar.split("</nav>")[0]
    )
    assert len(places) > 1
    for place in places:
        answer = await browser.go(place)
        assert answer.status_code == 200, place
        assert answer.url.path == place
        assert f'<a href="{place}" aria-current="page">' in answer.text


@pytest.mark.parametrize(
    "path", ["/dashboard/no-such-page", f"/dashboard/tenants/{uuid4()}", "/dashboard/tenants/x"]
)
async def test_what_is_not_there_is_a_page_of_ours(browser, path):
    answer = await browser.go(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(browser):
    cookie = next(
        value
        for value in browser.at.history[0].headers.get_list("set-cookie")
        if value.startswith("dashboard-session=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_a_tenants_name_is_text_and_nothing_else(browser, tenant_id):
    page = (await browser.go(f"/dashboard/tenants/{tenant_id}")).text
    assert "<bdi>Duka 1</bdi>" in page
