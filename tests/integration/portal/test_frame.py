"""What holds for every page: headers, languages, forms that are ours, errors in the same style."""

import re

import pytest

from shared.db.engine import check_database
from shared.errors import DatabaseUnavailableError


async def test_a_page_runs_nothing_inline_and_is_framed_by_nobody(portal):
    answer = await portal.browser.go("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on[a-z]+=", answer.text)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "language"),
    [("sw", "sw"), ("en-GB,sw;q=0.5", "en"), ("de,sw-TZ;q=0.3", "sw"), ("", "en"), ("x;q=y", "en")],
)
async def test_the_browsers_wish_chooses_the_language(portal, accept, language):
    answer = await portal.browser.go("/", **{"accept-language": accept})
    assert f'<html lang="{language}">' in answer.text


async def test_the_switch_stays_chosen_and_returns_to_the_page(portal):
    await portal.browser.go("/")
    answer = await portal.browser.send("/language", language="SW")
    assert (answer.status_code, answer.url.path) == (200, "/")
    assert '<html lang="sw">' in (await portal.browser.go("/no-such-page")).text


@pytest.mark.parametrize("back", ["//evil.test", "https://evil.test", "/\\evil.test", "/a\r\nb"])
async def test_the_switch_leads_to_no_other_site(portal, back):
    await portal.browser.go("/")
    answer = await portal.browser.send("/language", language="SW", back=back)
    assert (answer.status_code, str(answer.url)) == (200, "http://portal.test/")


async def test_a_form_that_is_not_ours_is_refused(portal):
    await portal.browser.go("/")
    answer = await portal.browser.post("/language", language="SW")
    assert answer.status_code == 403
    assert "That did not work" in answer.text
    assert "language" not in portal.browser.cookies


FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param(FORM, b"_csrf_token=%C3%A9" + b"x" * 126, id="no ASCII"),
        pytest.param(FORM, b"_csrf_token=1&_csrf_token=2", id="twice"),
        pytest.param(FORM, b"_csrf_token=%ff%fe&%00=%", id="no UTF-8"),
        pytest.param(FILES, PART % (b"_csrf_token", b'; filename="x"', b"x"), id="a file"),
        pytest.param(FILES, PART % (b"_csrf_token", b"", b"\xff" * 128), id="a part, no UTF-8"),
        pytest.param(FILES, PART % (b"\xff", b"", b""), id="a name, no UTF-8"),
        pytest.param(FILES, b"--b\r\n" * 2000, id="many parts"),
        pytest.param(FILES, b"", id="no parts"),
        pytest.param("multipart/form-data", b"x", id="no boundary"),
        pytest.param("application/json", b"{", id="no form"),
        pytest.param("/", b"", id="no type"),
    ],
)
async def test_a_form_that_is_none_is_refused_and_no_defect(portal, kind, body):
    await portal.browser.go("/")
    answer = await portal.browser.pour("/language", kind, body)
    assert answer.status_code in {400, 403}
    assert "That did not work" in answer.text


async def test_a_cookie_that_is_none_of_ours_is_refused_and_no_defect(portal):
    for cookie in ("\xe9" * 128, "x", ""):
        answer = await portal.browser.pour(
            "/language", FORM, b"_csrf_token=" + b"x" * 128, f"csrf={cookie}; session={cookie}"
        )
        assert answer.status_code == 403


async def test_static_files_are_kept_for_ever_under_the_name_of_their_content(portal):
    page = (await portal.browser.go("/")).text
    address = re.search(r'href="(/static/[^"]+\.css)"', page)[1]
    answer = await portal.browser.go(address)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    other = address.replace(address.split("/")[2], "0" * 16)
    assert (await portal.browser.go(other)).status_code == 404


@pytest.mark.parametrize("path", ["/no-such-page", "/static/0/..", "/%00", "/%2e%2e/etc/passwd"])
async def test_what_is_not_there_is_a_page_of_ours(portal, path):
    answer = await portal.browser.go(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_body_that_is_too_large_is_refused_with_a_page(portal):
    await portal.browser.go("/")
    answer = await portal.browser.send("/language", language="x" * 100_000)
    assert answer.status_code == 413
    assert "That was too much" in answer.text


async def test_alive_and_ready_are_told_apart(portal):
    assert (await portal.browser.go("/healthz")).status_code == 200
    assert (await portal.browser.go("/readyz")).json() == {
        "status": "ready",
        "checks": {"database": "ok"},
    }

    async def gone() -> None:
        raise DatabaseUnavailableError("the database does not answer")

    portal.checks["database"] = gone
    assert (await portal.browser.go("/readyz")).status_code == 503
    assert (await portal.browser.go("/healthz")).status_code == 200
    portal.checks["database"] = check_database


async def test_a_dashboard_on_the_same_host_is_told_of_once(portal, capsys):
    """Whose session the portal is then sent: a taken-over one could be anybody there."""
    portal.transport.app.state.pop("host_is_shared", None)
    for name in ("__Host-dashboard-session", "dashboard-session"):
        portal.browser.cookies.set(name, "fho_secret")
        await portal.browser.go("/sign-in")
    said = capsys.readouterr().out
    assert said.count("host.shared") == 1
    assert "fho_secret" not in said
