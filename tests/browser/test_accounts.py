"""From the front page to an account and back into it, in every language, size and colour scheme."""

import pytest

from tests.browser.walking import Portal, Walk

PASSWORD = "three good words"
SIZES = {"phone": {"width": 360, "height": 740}, "desk": {"width": 1280, "height": 800}}


@pytest.fixture
async def walk(request, chromium):
    language, size, scheme, has_scripts = request.param
    context = await chromium.new_context(
        viewport=SIZES[size],
        color_scheme=scheme,
        locale={"en": "en-GB", "sw": "sw-TZ"}[language],
        java_script_enabled=has_scripts,
    )
    context.set_default_timeout(10_000)
    name = f"{language}-{size}-{scheme}{'' if has_scripts else '-plain'}"
    walk = await Walk.begin(context, name, is_looking=has_scripts)
    yield walk
    await context.close()
    assert walk.complaints == []


@pytest.mark.parametrize(
    "walk",
    [
        pytest.param(("en", "phone", "light", True), id="English on a phone"),
        pytest.param(("sw", "phone", "dark", True), id="Swahili on a phone at night"),
        pytest.param(("sw", "desk", "light", True), id="Swahili at a desk"),
        pytest.param(("en", "desk", "dark", False), id="English at a desk, without scripts"),
    ],
    indirect=True,
)
async def test_a_person_signs_up_out_and_in_again(portal: Portal, walk: Walk):
    page = walk.page
    await page.goto(portal.url)
    assert (await page.get_attribute("html", "lang")) == walk.name[:2]
    await walk.at("front")
    await page.click("main a[href='/sign-up']")
    await walk.at("sign-up")
    await page.fill("#email", "asha@example")
    await page.press("#email", "Enter")
    await walk.at("sign-up-wrong")
    await walk.fill(email="asha@example.com")
    await walk.at("mailed")
    await page.goto(await portal.newest_link(after=0))
    await walk.at("password")
    await walk.fill(password="short")
    await walk.at("password-wrong")
    await walk.fill(password=PASSWORD)
    await page.wait_for_url("**/start")
    await walk.at("start")
    await page.select_option("#template", "BOOKING")
    await page.fill("#name", "Duka la Asha")
    await walk.fill(phone="0712 345 678")
    await walk.at("start-wrong")
    await walk.fill(phone="+255 712 345 678")
    await page.wait_for_url("**/home")
    await walk.at("home")
    await page.click("header a[href='/account']")
    await walk.at("account")
    await page.click("form[action='/sign-out'] button")
    await page.wait_for_url("**/sign-in")
    await walk.at("sign-in")
    await walk.fill(email="asha@example.com", password="not the right one")
    await walk.at("sign-in-wrong")
    await walk.fill(email="asha@example.com", password=PASSWORD)
    await page.wait_for_url("**/home")
    await page.goto(f"{portal.url}/account")
    await page.click("form[action='/language'] button")
    assert (await page.get_attribute("html", "lang")) != walk.name[:2]
    assert page.url == f"{portal.url}/account"


@pytest.mark.parametrize("walk", [("en", "phone", "light", True)], indirect=True)
async def test_the_look_at_each_page_sees_what_keeps_somebody_out(portal: Portal, walk: Walk):
    page = walk.page
    await page.goto(f"{portal.url}/sign-in")
    await page.evaluate("document.querySelector('label').remove()")
    with pytest.raises(AssertionError, match="label"):
        await walk.at("barrier")


@pytest.mark.parametrize("walk", [("en", "phone", "light", True)], indirect=True)
async def test_the_keyboard_alone_is_enough(portal: Portal, walk: Walk):
    page = walk.page
    await page.goto(f"{portal.url}/sign-in")
    reached = []
    for _ in range(8):
        await page.keyboard.press("Tab")
        reached.append(
            await page.evaluate(
                "[document.activeElement.id || document.activeElement.textContent.trim(),"
                " getComputedStyle(document.activeElement).outlineStyle]"
            )
        )
    assert [name for name, _ in reached] == [
        *("Skip to the content", "FlowHQ", "Kiswahili", "email", "password"),
        *("Sign in", "Forgot your password?", "Sign up"),
    ]
    assert {outline for _, outline in reached} == {"solid"}
