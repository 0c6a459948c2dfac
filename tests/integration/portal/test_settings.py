"""Owners set what their bot is told; staff read it; nobody else sees it."""

import asyncpg
import msgspec
import pytest

from shared.structs.tenants import BotTexts, QuietHours
from tests.fakes.pages import Browser
from tests.integration.portal.conftest import Portal
from tests.integration.portal.test_start import describe, execute, rows

PATHS = ("/settings", "/settings/hours", "/settings/texts")
NUMBER = "SELECT phone_number FROM tenants"
WISHES = "SELECT wish FROM link_requests"
STAFF = "UPDATE users SET role = 'STAFF'"
HOURS = {"opens_MON": "08:00", "closes_MON": "17:00", "when_closed": "TELL"}
CONFIG = (
    "SELECT template_type, business_name, language, time_zone, when_closed, holidays_json,"
    " texts_json FROM tenant_configs"
)


@pytest.fixture
async def owner(portal: Portal) -> Browser:
    browser = await portal.sign_up()
    await describe(browser)
    return browser


async def save(browser: Browser, path: str, **values: str):
    await browser.go(path)
    return await browser.send(path, **values)


async def config_of(url: str) -> tuple:
    return (await rows(url, CONFIG))[0]


async def test_an_owner_changes_what_the_bot_is(owner, database_url):
    answer = await save(
        owner, "/settings", name="Salon Amani", template="BOOKING", language="EN",
        time_zone="Africa/Lagos",
    )  # fmt: skip
    assert (answer.url.path, answer.status_code) == ("/settings", 200)
    assert "Saved." in answer.text
    assert 'value="Salon Amani"' in answer.text
    assert (await config_of(database_url))[:4] == ("BOOKING", "Salon Amani", "EN", "Africa/Lagos")


async def test_hours_holidays_and_the_closed_answer_are_set(owner, database_url):
    answer = await save(
        owner, "/settings/hours", **HOURS,
        holiday_0="Krismasi", first_0="2026-12-25", last_0="2026-12-26", closed="Tumefunga {opens}",
    )  # fmt: skip
    assert "Saved." in answer.text
    assert 'value="2026-12-26"' in answer.text
    kept = await config_of(database_url)
    assert kept[4] == "TELL"
    assert '"Krismasi"' in kept[5]
    assert msgspec.json.decode(kept[6], type=BotTexts).closed == "Tumefunga {opens}"


async def test_quiet_hours_are_set_tried_and_taken_away(owner, database_url):
    kept = "SELECT quiet_hours_json FROM tenant_configs"
    quiet = {"quiet_begins": "21:00", "quiet_ends": "07:00"}
    answer = await save(owner, "/settings/hours", **HOURS, **quiet, do="preview")
    assert "What you write here at 21:00 goes out at 07:00." in answer.text
    assert await rows(database_url, kept) == [(None,)]
    await save(owner, "/settings/hours", **HOURS, **quiet)
    [(json,)] = await rows(database_url, kept)
    assert msgspec.json.decode(json, type=QuietHours) == QuietHours(
        begins="21:00", ends="07:00", time_zone="Africa/Dar_es_Salaam"
    )
    assert "the quiet hours" in (await owner.go("/activity")).text
    await save(owner, "/settings/hours", **HOURS, quiet_begins="", quiet_ends="")
    assert await rows(database_url, kept) == [(None,)]


async def test_quiet_hours_of_another_place_say_so(owner, database_url):
    await execute(
        database_url,
        "UPDATE tenant_configs SET quiet_hours_json ="
        ' \'{"begins": "21:00", "ends": "07:00", "time_zone": "Africa/Lagos"}\'',
    )
    assert "They are in the time of Lagos" in (await owner.go("/settings/hours")).text


async def test_texts_are_set_and_shown_as_a_customer_sees_them(owner, database_url):
    answer = await save(
        owner, "/settings/texts",
        greeting="Karibu {business}!\r\nTunauza *kila* kitu.", title_PRICES="Bei zetu",
        answer_PRICES="<script>alert(1)</script>",
    )  # fmt: skip
    assert "Saved." in answer.text
    assert "Karibu Duka la Asha!\nTunauza <strong>kila</strong> kitu.\n1. " in answer.text
    assert "2. Bei zetu" in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</p>" in answer.text
    assert "<script>alert" not in answer.text
    texts = msgspec.json.decode((await config_of(database_url))[6], type=BotTexts)
    assert texts.greeting == "Karibu {business}!\nTunauza *kila* kitu."


async def test_what_is_tried_is_shown_and_not_kept(owner, database_url):
    before = await config_of(database_url)
    answer = await save(owner, "/settings/texts", greeting="Hujambo!", do="preview")
    assert "Not saved yet" in answer.text
    assert 'dir="auto">Hujambo!\n1. ' in answer.text
    assert await config_of(database_url) == before


@pytest.mark.parametrize(
    ("path", "values", "field"),
    [
        ("/settings", {"name": "x", "template": "BANK", "language": "SW", "time_zone": "UTC"},
         "template"),
        ("/settings", {"name": "x", "template": "SUPPORT", "language": "SW",
                       "time_zone": "Mars/Olympus"}, "time_zone"),
        ("/settings/hours", HOURS | {"closes_MON": ""}, "opens_MON"),
        ("/settings/hours", HOURS | {"holiday_1": "Idd"}, "holiday_1"),
        ("/settings/hours", HOURS | {"quiet_begins": "21:00"}, "quiet_ends"),
        ("/settings/texts", {"greeting": "x" * 1001}, "greeting"),
        ("/settings/texts", {"answer_PRICES": "a\0"}, "answer_PRICES"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    owner, database_url, path, values, field
):
    before = await config_of(database_url)
    answer = await save(owner, path, **values)
    assert answer.status_code == 422
    assert f'aria-describedby="{field}-more"' in answer.text
    assert f'id="{field}-more"' in answer.text
    assert await config_of(database_url) == before


async def test_the_longest_texts_of_the_widest_characters_are_taken(owner):
    wide = "💥" * 500
    answer = await save(
        owner, "/settings/texts", greeting=wide,
        **{f"answer_{topic}": wide for topic in ("PRODUCTS", "PRICES", "DELIVERY", "CONTACT")},
    )  # fmt: skip
    assert (answer.status_code, "Saved." in answer.text) == (200, True)


async def test_two_who_change_different_things_at_once_both_count(owner, database_url):
    await save(owner, "/settings/texts", greeting="Karibu!")
    await save(owner, "/settings/hours", **HOURS, closed="Tumefunga.")
    texts = msgspec.json.decode((await config_of(database_url))[6], type=BotTexts)
    assert (texts.greeting, texts.closed) == ("Karibu!", "Tumefunga.")


async def test_staff_read_the_settings_and_change_nothing(owner, database_url):
    await execute(database_url, STAFF)
    before = await config_of(database_url)
    for path in PATHS:
        page = await owner.go(path)
        assert page.status_code == 200
        assert "Only owners of the business change this." in page.text
        assert 'class="button' not in page.text
        answer = await owner.send(path, name="x", template="BOOKING", language="EN", **HOURS)
        assert answer.status_code == 403
        assert "Only owners can do that" in answer.text
    assert await config_of(database_url) == before


@pytest.mark.parametrize("path", PATHS)
async def test_there_are_no_settings_before_there_is_a_business(portal, path):
    assert (await portal.browser.go(path)).url.path == "/sign-in"
    assert (await (await portal.sign_up()).go(path)).url.path == "/start"


async def test_another_businesss_settings_are_its_own(portal, owner, database_url):
    other = await portal.sign_up("juma@example.com")
    await describe(other, name="Juma Salon", phone="+255712345679")
    await save(
        other, "/settings", name="Changed", template="BOOKING", language="EN", time_zone="UTC"
    )
    names = await rows(database_url, "SELECT business_name FROM tenant_configs ORDER BY 1")
    assert names == [("Changed",), ("Duka la Asha",)]
    assert "Changed" not in (await owner.go("/settings")).text


async def test_a_change_is_written_down_with_who_made_it_and_a_repetition_is_not(
    owner, database_url
):
    for _ in range(2):
        await save(owner, "/settings/texts", greeting="Karibu!")
    found = await rows(
        database_url,
        "SELECT payload_json->>'who', payload_json->'changed' FROM portal_event_logs"
        " WHERE event_type = 'settings_changed'",
    )
    assert found == [("asha@example.com", '["texts"]')]


async def test_the_control_plane_hears_of_it(owner, database_url):
    told: list[str] = []
    connection = await asyncpg.connect(database_url)
    await connection.add_listener("flowhq_config", lambda *heard: told.append(heard[3]))
    await save(owner, "/settings/texts", greeting="Karibu!")
    await connection.fetch("SELECT 1")
    await connection.close()
    assert told == [str(row[0]) for row in await rows(database_url, "SELECT id FROM tenants")]


async def test_an_owner_changes_the_number_and_the_phone_is_to_be_unlinked(owner, database_url):
    page = (await owner.go("/settings/number")).text
    assert "is unlinked at once" in page
    answer = await save(owner, "/settings/number", phone="+255 712 399 999")
    assert "Saved." in answer.text
    assert await rows(database_url, NUMBER) == [("+255712399999",)]
    assert await rows(database_url, WISHES) == [("NEW_NUMBER",)]
    assert "changed the number from" in (await owner.go("/activity")).text


async def test_the_same_number_unlinks_nothing(owner, database_url):
    [(number,)] = await rows(database_url, NUMBER)
    await save(owner, "/settings/number", phone=number)
    assert await rows(database_url, WISHES) == []


async def test_a_number_of_another_business_or_none_at_all_is_refused(owner, database_url, portal):
    [(number,)] = await rows(database_url, NUMBER)
    other = await portal.sign_up("other@example.com")
    await describe(other, phone="+255712388888")
    for typed in ("+255712388888", "12", ""):
        answer = await save(owner, "/settings/number", phone=typed)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    assert sorted(await rows(database_url, NUMBER)) == sorted([(number,), ("+255712388888",)])
    assert await rows(database_url, WISHES) == []


async def test_staff_change_no_number(owner, database_url):
    await execute(database_url, STAFF)
    [(number,)] = await rows(database_url, NUMBER)
    assert "disabled" in (await owner.go("/settings/number")).text
    assert (await owner.send("/settings/number", phone="+255712399999")).status_code == 403
    assert await rows(database_url, NUMBER) == [(number,)]
