"""Operators who sign in by a real provider of OpenID Connect, and all that it may get wrong."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from controlplane.dashboard.texts.provider import PROVIDER
from controlplane.oidc.provider import Provider, ProviderSettings
from controlplane.oidc.refusals import Refusal
from shared.clock import SystemClock
from shared.enums import Language, OperatorRole
from shared.stores import audit, members, operators
from shared.tables import OperatorSession
from tests.fakes.oidc_provider import BACK, CLIENT, SECRET, OidcServer, serve_oidc
from tests.fakes.pages import Browser
from tests.fakes.traces import list_newest
from tests.integration.dashboard.conftest import EMAIL, Dashboard
from tests.integration.dashboard.test_roles import enter_as
from tests.integration.portal.conftest import PASSWORD

START, RETURN = "/dashboard/sign-in/provider", "/dashboard/sign-in/provider/back"
AN_HOUR = 3600


@pytest.fixture
def oidc():
    with serve_oidc() as server:
        server.users["amina"] = {"sub": "amina-1", "email": EMAIL, "email_verified": True}
        yield server


def connect(dashboard: Dashboard, oidc: OidcServer, **settings) -> Provider:
    """By the clock of the machine, which the provider's process has too."""
    state = dashboard.transport.app.state
    clock = SystemClock()
    usual = {
        "issuer": oidc.issuer,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uri": BACK,
        "name": "The company",
    }
    provider = Provider(ProviderSettings(**(usual | settings)), tls=oidc.trust, clock=clock)
    state.clock = clock
    state.desk = msgspec.structs.replace(state.desk, clock=clock, provider=provider)
    return provider


@pytest.fixture
def provider(dashboard, oidc) -> Provider:
    return connect(dashboard, oidc)


async def ask_provider(oidc: OidcServer, browser: Browser, path: str = START) -> str:
    """The address with which the provider sends the browser back."""
    answer = await browser.knock("GET", path)
    assert answer.status_code == 303, answer.text
    async with httpx.AsyncClient(verify=oidc.trust) as there:
        back = await there.get(answer.headers["location"])
    assert back.status_code == 302, back.text
    return back.headers["location"].removeprefix("http://portal.test")


async def come_by(oidc: OidcServer, browser: Browser, path: str = START) -> httpx.Response:
    return await browser.go(await ask_provider(oidc, browser, path))


def a_moment() -> int:
    return int(SystemClock().now().timestamp())


def is_in(browser: Browser) -> bool:
    return browser.at.url.path == "/dashboard"


async def is_refused(browser: Browser, refusal: Refusal) -> bool:
    """With a page in words, and nothing done."""
    words = PROVIDER[f"provider.refused_{refusal.lower()}"].format(name="The company")
    status = 502 if refusal is Refusal.AWAY else 403
    assert browser.at.status_code == status
    assert words in browser.at.text.replace("&#39;", "'"), browser.at.text
    assert not browser.cookies.get("dashboard-session")
    assert await OperatorSession.count() == 0
    return (await browser.go("/dashboard")).url.path == "/dashboard/sign-in"


@pytest.mark.usefixtures("provider")
async def test_an_operator_comes_in_by_the_provider(dashboard, oidc):
    browser = dashboard.stranger()
    page = await browser.go("/dashboard/security")
    [link] = re.findall(rf'href="({START}[^"]*)"', page.text)
    await come_by(oidc, browser, link.replace("&amp;", "&"))
    assert browser.at.url.path == "/dashboard/security"
    [trace] = await list_newest(limit=1)
    assert (trace.who, trace.action) == (EMAIL, "operator.signed_in")
    assert trace.detail == {"provider": True}
    [sent] = oidc.exchanges
    assert len(sent["code_verifier"][0]) >= 43
    assert "client_secret" not in sent
    await browser.go("/dashboard/account")
    await browser.send("/dashboard/sign-out")
    assert (await browser.go("/dashboard")).url.path == "/dashboard/sign-in"


@pytest.mark.usefixtures("provider")
async def test_what_the_provider_is_asked_has_all_that_it_must(dashboard):
    browser = dashboard.stranger()
    asked = [
        parse_qs(urlsplit((await browser.knock("GET", START)).headers["location"]).query)
        for _ in range(2)
    ]
    for each in asked:
        assert each["response_type"] == ["code"]
        assert each["code_challenge_method"] == ["S256"]
        assert each["redirect_uri"] == [BACK]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) >= 43


SPOILT = [
    pytest.param({"claims": {"iss": "https://evil.test"}}, Refusal.ISSUER, id="another issuer"),
    pytest.param({"claims": {"iss": None}}, Refusal.ISSUER, id="no issuer"),
    pytest.param({"claims": {"aud": "another"}}, Refusal.AUDIENCE, id="for another program"),
    pytest.param({"claims": {"aud": [CLIENT, "another"]}}, Refusal.AUDIENCE, id="for several"),
    pytest.param({"claims": {"azp": "another"}}, Refusal.AUDIENCE, id="asked for by another"),
    pytest.param({"claims": {"nonce": "another"}}, Refusal.NONCE, id="another nonce"),
    pytest.param({"claims": {"nonce": None}}, Refusal.NONCE, id="no nonce"),
    pytest.param({"claims": {"exp": 1_600_000_000}}, Refusal.EXPIRED, id="expired"),
    pytest.param({"claims": {"exp": None}}, Refusal.EXPIRED, id="without an end"),
    pytest.param({"claims": {"iat": 4_000_000_000}}, Refusal.EXPIRED, id="from the future"),
    pytest.param({"claims": {"exp": "soon"}}, Refusal.EXPIRED, id="an end that is no time"),
    pytest.param({"claims": {"sub": None}}, Refusal.TOKEN, id="of nobody"),
    pytest.param({"claims": {"sub": ""}}, Refusal.TOKEN, id="of an empty name"),
    pytest.param({"claims": {"sub": "another"}}, Refusal.TOKEN, id="of another than userinfo"),
    pytest.param({"claims": {"auth_time": "x"}}, Refusal.TOKEN, id="a time that is none"),
    pytest.param({"claims": {"auth_time": 1e300}}, Refusal.TOKEN, id="a time beyond all"),
    pytest.param({"alg": "none"}, Refusal.SIGNATURE, id="unsigned"),
    pytest.param({"alg": "other"}, Refusal.SIGNATURE, id="signed by another"),
    pytest.param({"alg": "HS256"}, Refusal.SIGNATURE, id="signed with the public key as secret"),
]


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(("spoilt", "refusal"), SPOILT)
async def test_a_token_that_is_not_as_it_must_be_lets_nobody_in(dashboard, oidc, spoilt, refusal):
    for name, value in spoilt.items():
        setattr(oidc, name, value)
    browser = dashboard.stranger()
    await come_by(oidc, browser)
    assert await is_refused(browser, refusal)
    assert not await audit.has_any(EMAIL, "operator.signed_in")


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    "user",
    [
        {"email": EMAIL},
        {"email": EMAIL, "email_verified": False},
        {"email": EMAIL, "email_verified": "false"},
        {"email": EMAIL, "email_verified": 1},
        {"email_verified": True},
        {"email": "amina", "email_verified": True},
        {"email": [EMAIL], "email_verified": True},
    ],
)
async def test_an_address_that_is_not_verified_is_nobodys(dashboard, oidc, user):
    oidc.users["amina"] = {"sub": "amina-1"}
    oidc.spoil["userinfo"] = lambda answer: {"sub": answer["sub"], **user}
    browser = dashboard.stranger()
    await come_by(oidc, browser)
    assert await is_refused(browser, Refusal.MAIL)


@pytest.mark.usefixtures("provider")
async def test_who_is_no_operator_is_let_in_nowhere(dashboard, oidc):
    await members.create_owner("owner@example.com", password_hash="x", language=Language.EN)
    for email in ("owner@example.com", "stranger@example.com"):
        oidc.users["amina"]["email"] = email
        browser = dashboard.stranger()
        await come_by(oidc, browser)
        assert await is_refused(browser, Refusal.UNKNOWN)
    assert len(await operators.list_all()) == 1


@pytest.mark.usefixtures("provider")
async def test_a_sign_in_is_ended_once_in_the_browser_that_began_it(dashboard, oidc):
    browser, thief = dashboard.stranger(), dashboard.stranger()
    back = await ask_provider(oidc, browser)
    await thief.go(back)
    assert await is_refused(thief, Refusal.FORGOTTEN)
    errand = browser.cookies["dashboard-errand"]
    await browser.go(back)
    assert is_in(browser)
    thief.cookies.set("dashboard-errand", errand)
    await thief.go(back)
    assert thief.at.status_code == 403
    assert not thief.cookies.get("dashboard-session")


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("change", ["state", "code"])
async def test_another_state_or_code_lets_nobody_in(dashboard, oidc, change):
    browser = dashboard.stranger()
    back = await ask_provider(oidc, browser)
    await browser.go(re.sub(rf"{change}=[^&]*", f"{change}=another", back))
    refusal = Refusal.FORGOTTEN if change == "state" else Refusal.CODE
    assert await is_refused(browser, refusal)


@pytest.mark.usefixtures("provider")
async def test_a_code_that_was_taken_already_is_refused_by_the_provider(dashboard, oidc):
    first = dashboard.stranger()
    code = parse_qs(urlsplit(await ask_provider(oidc, first)).query)["code"][0]
    second = dashboard.stranger()
    back = await ask_provider(oidc, second)
    await second.go(re.sub("code=[^&]*", f"code={code}", back))
    assert await is_refused(second, Refusal.CODE), "the code is of another verifier (PKCE)"


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("query", ["error=access_denied", "error=x<script>", "", "code="])
async def test_who_went_back_at_the_provider_is_told_so(dashboard, oidc, query):
    browser = dashboard.stranger()
    back = await ask_provider(oidc, browser)
    [state] = re.findall("state=[^&]*", back)
    await browser.go(f"{RETURN}?{state}&{query}")
    assert await is_refused(browser, Refusal.DENIED)
    assert "<script>" not in browser.at.text


@pytest.mark.usefixtures("provider")
async def test_an_answer_in_the_name_of_another_provider_is_refused(dashboard, oidc):
    browser = dashboard.stranger()
    back = await ask_provider(oidc, browser)
    await browser.go(f"{back}&iss=https%3A%2F%2Fevil.test")
    assert await is_refused(browser, Refusal.ISSUER)


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("cookie", ["", "x", "v1.AAAA", "v1." + "A" * 500])
async def test_who_comes_back_without_having_left_is_refused(dashboard, cookie):
    browser = dashboard.stranger()
    if cookie:
        browser.cookies.set("dashboard-errand", cookie)
    await browser.go(f"{RETURN}?state=x&code=y")
    assert await is_refused(browser, Refusal.FORGOTTEN)


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: b"<html>", id="a page"),
        pytest.param(lambda _: {}, id="empty"),
        pytest.param(
            lambda a: {**a, "token_endpoint": "http://evil.test/token"}, id="an address without TLS"
        ),
        pytest.param(lambda a: {**a, "token_endpoint": 1}, id="an address that is none"),
        pytest.param(lambda _: b" " * 300_000, id="endless"),
    ],
)
async def test_a_provider_that_describes_itself_badly_is_away(dashboard, oidc, spoil):
    oidc.spoil["description"] = spoil
    browser = dashboard.stranger()
    await browser.go(START)
    assert await is_refused(browser, Refusal.AWAY)


@pytest.mark.usefixtures("provider")
async def test_a_provider_of_another_name_is_not_asked(dashboard, oidc):
    oidc.spoil["description"] = lambda answer: {**answer, "issuer": "https://evil.test"}
    browser = dashboard.stranger()
    await browser.go(START)
    assert await is_refused(browser, Refusal.ISSUER)


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("what", "spoil", "refusal"),
    [
        pytest.param("keys", lambda _: {"keys": []}, Refusal.AWAY, id="no keys"),
        pytest.param(
            "keys",
            lambda _: {"keys": [{"kty": "oct", "k": "AAAA"}]},
            Refusal.AWAY,
            id="keys that are shared",
        ),
        pytest.param("keys", lambda _: b"[1]", Refusal.AWAY, id="a list"),
        pytest.param("token", lambda a: {**a, "id_token": 1}, Refusal.TOKEN, id="a number"),
        pytest.param("token", lambda a: {**a, "id_token": "x.y.z"}, Refusal.TOKEN, id="dots"),
        pytest.param("token", lambda a: {**a, "id_token": ""}, Refusal.TOKEN, id="nothing"),
        pytest.param("token", lambda _: b"[]", Refusal.TOKEN, id="no object"),
        pytest.param("token", lambda _: b"\xff", Refusal.AWAY, id="no text"),
        pytest.param("userinfo", lambda a: {**a, "sub": "another"}, Refusal.TOKEN, id="of another"),
        pytest.param("userinfo", lambda _: b"no", Refusal.AWAY, id="no JSON"),
    ],
)
async def test_an_answer_that_is_none_lets_nobody_in(dashboard, oidc, what, spoil, refusal):
    oidc.spoil[what] = spoil
    browser = dashboard.stranger()
    await come_by(oidc, browser)
    assert await is_refused(browser, refusal)


@pytest.mark.usefixtures("provider")
async def test_a_provider_that_is_down_is_said_to_be_so_and_passwords_go_on(dashboard, oidc):
    browser = dashboard.stranger()
    back = await ask_provider(oidc, browser)
    oidc.fails = 503
    await browser.go(back)
    assert await is_refused(browser, Refusal.AWAY)
    oidc.shutdown()
    oidc.server_close()
    connect(dashboard, oidc)
    await browser.go(START)
    assert await is_refused(browser, Refusal.AWAY)
    assert is_in(await dashboard.sign_in())


async def test_a_provider_with_the_wrong_certificate_is_not_believed(dashboard, oidc):
    provider = connect(dashboard, oidc)
    with serve_oidc() as other:
        provider._tls = other.trust
        browser = dashboard.stranger()
        await browser.go(START)
        assert await is_refused(browser, Refusal.AWAY)


async def test_a_key_that_is_new_is_asked_for(dashboard, oidc, provider):
    from Cryptodome.PublicKey import RSA
    from jwkest.jwk import RSAKey

    await come_by(oidc, dashboard.stranger())
    new = RSAKey(key=RSA.generate(2048), alg="RS256", kid="new")
    oidc.key = oidc.provider.signing_key = new
    keys, _ = provider._keys
    provider._keys = (keys, SystemClock().now().replace(year=2020))
    browser = dashboard.stranger()
    await come_by(oidc, browser)
    assert is_in(browser)


async def test_the_provider_gives_the_role(dashboard, oidc):
    connect(
        dashboard,
        oidc,
        role_claim="groups",
        roles={"ops": OperatorRole.SUPPORT, "boss": OperatorRole.ADMIN},
    )
    oidc.users["amina"]["email"] = "new@example.com"
    oidc.extra = {"groups": ["staff", "ops"]}
    browser = dashboard.stranger()
    await come_by(oidc, browser)
    assert is_in(browser)
    made = next(each for each in await operators.list_all() if each.email == "new@example.com")
    assert made.role is OperatorRole.SUPPORT
    assert (await browser.go("/dashboard/keys")).status_code == 403
    oidc.extra = {"groups": ["ops", "boss"]}
    other = dashboard.stranger()
    await come_by(oidc, other)
    assert (await operators.get(made.id)).role is OperatorRole.ADMIN
    assert (await browser.go("/dashboard")).url.path == "/dashboard/sign-in"
    actions = [each.action for each in await list_newest(limit=4)]
    assert actions[:2] == ["operator.signed_in", "operator.role_set"]


@pytest.mark.parametrize("groups", [None, [], ["staff"], "Boss", [["boss"]], {"boss": 1}, 7])
async def test_who_is_given_no_role_is_let_in_nowhere(dashboard, oidc, groups):
    connect(dashboard, oidc, role_claim="groups", roles={"boss": OperatorRole.ADMIN})
    oidc.extra = {} if groups is None else {"groups": groups}
    oidc.claims = {} if groups is None else {"groups": groups}
    browser = dashboard.stranger()
    await come_by(oidc, browser)
    assert await is_refused(browser, Refusal.ROLE)


async def test_the_provider_does_not_demote_the_last_admin(dashboard, oidc):
    connect(dashboard, oidc, role_claim="groups", roles={"ops": OperatorRole.SUPPORT})
    oidc.extra = {"groups": ["ops"]}
    browser = dashboard.stranger()
    await come_by(oidc, browser)
    assert await is_refused(browser, Refusal.LAST_ADMIN)
    [one] = await operators.list_all()
    assert one.role is OperatorRole.ADMIN


async def test_where_it_is_the_only_way_a_password_is_for_one_account_alone(dashboard, oidc):
    connect(dashboard, oidc)
    theirs, one = await enter_as(dashboard, OperatorRole.SUPPORT)
    assert is_in(theirs)
    connect(dashboard, oidc, is_only_way=True, break_glass=EMAIL.upper())
    assert (await theirs.go("/dashboard")).url.path == "/dashboard/sign-in"
    for email in (one.email, "nobody@example.com"):
        browser = await dashboard.sign_in(email)
        assert browser.at.status_code == 422
        assert "Passwords are not for this address" in browser.at.text
    assert is_in(await dashboard.sign_in())
    oidc.users["amina"]["email"] = one.email
    browser = dashboard.stranger()
    await come_by(oidc, browser)
    assert is_in(browser)


@pytest.mark.usefixtures("provider")
async def test_in_the_place_of_a_password_stands_a_sign_in_of_just_now(dashboard, oidc, tenant_id):
    remove = f"/dashboard/tenants/{tenant_id}/remove"
    for auth_time in (None, a_moment() - AN_HOUR):
        oidc.extra = {} if auth_time is None else {"auth_time": auth_time}
        browser = dashboard.stranger()
        await come_by(oidc, browser)
        await browser.go(f"/dashboard/tenants/{tenant_id}")
        answer = await browser.send(remove, name="Duka 1", current=PASSWORD)
        assert answer.status_code == 422
        assert "It is too long ago that you signed in at the provider." in answer.text
    oidc.extra = {"auth_time": a_moment()}
    await come_by(oidc, browser, f"{START}?fresh=1")
    await browser.go(f"/dashboard/tenants/{tenant_id}")
    assert "The tenant is removed" in (await browser.send(remove, name="Duka 1")).text


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("auth_time", [None, -AN_HOUR])
async def test_a_provider_that_does_not_ask_anew_when_it_should_is_not_believed(
    dashboard, oidc, auth_time
):
    oidc.extra = {} if auth_time is None else {"auth_time": a_moment() + auth_time}
    browser = dashboard.stranger()
    location = (await browser.knock("GET", f"{START}?fresh=1")).headers["location"]
    assert "prompt=login" in location
    assert "max_age=0" in location
    await come_by(oidc, browser, f"{START}?fresh=1")
    assert await is_refused(browser, Refusal.STALE)


async def test_without_a_provider_there_is_no_such_way(dashboard):
    browser = dashboard.stranger()
    assert START not in (await browser.go("/dashboard/sign-in")).text
    for path in (START, f"{RETURN}?state=x&code=y"):
        assert (await browser.go(path)).status_code == 404


@pytest.mark.usefixtures("provider")
async def test_nothing_secret_is_logged_or_shown(dashboard, oidc, capsys):
    browser = dashboard.stranger()
    back = await ask_provider(oidc, browser)
    await browser.go(back)
    code = parse_qs(urlsplit(back).query)["code"][0]
    printed = str(capsys.readouterr()) + json.dumps(
        [dict(each.detail) for each in await list_newest(limit=5)]
    )
    for secret in (SECRET, code, browser.cookies["dashboard-session"]):
        assert secret not in printed
