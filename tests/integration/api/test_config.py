"""The whole configuration over the API: stored, shown, told to the worker, refused by field."""

from uuid import uuid4

import pytest

from shared.stores import tenants
from tests.fakes.traces import list_newest
from tests.integration.api.test_tenants import BODY

CONFIG = {
    "template_type": "SUPPORT",
    "business_name": "Salon Amani",
    "language": "EN",
    "hours": {"FRI": {"opens": "18:00", "closes": "02:00"}},
    "quiet_hours": {"begins": "21:00", "ends": "07:00", "time_zone": "Africa/Nairobi"},
    "time_zone": "Africa/Nairobi",
    "holidays": [{"name": "Krismasi 🎄", "first": "2026-12-25", "last": "2026-12-26"}],
    "when_closed": "TELL_ONLY",
    "texts": {
        "greeting": "Karibu {business}!\nTukusaidie nini?",
        "closed": "Back {opens}.",
        "titles": {"CONTACT": "Mhudumu"},
        "answers": {"CONTACT": "Piga 0712 345 678."},
    },
}
HOLIDAY = CONFIG["holidays"][0]

BAD = [
    pytest.param({"when_closed": "SLEEP"}, "when_closed", id="no such mode"),
    pytest.param({"time_zone": "Mars/Olympus"}, "time_zone", id="no such zone"),
    pytest.param({"holidays": [{**HOLIDAY, "last": "2026-12-24"}]}, "holidays[0].last", id="early"),
    pytest.param({"holidays": [{**HOLIDAY, "first": "x"}]}, "holidays[0].first", id="no date"),
    pytest.param({"holidays": [{**HOLIDAY, "name": "\n"}]}, "holidays[0].name", id="a blank name"),
    pytest.param({"holidays": [HOLIDAY] * 61}, "holidays", id="too many"),
    pytest.param({"texts": {"greeting": " "}}, "texts.greeting", id="a blank text"),
    pytest.param({"texts": {"greeting": "a\0"}}, "texts.greeting", id="a text with NUL"),
    pytest.param({"texts": {"greeting": "x" * 1001}}, "texts.greeting", id="a long text"),
    pytest.param({"texts": {"answers": {"BOOK": "x"}}}, "texts.answers.BOOK", id="it asks back"),
    pytest.param({"hours": {"MON": {"opens": "08:00", "closes": "08:00"}}}, "hours.MON.closes",
                 id="never open"),
    pytest.param({"sort": 1}, "sort", id="unknown field"),
]  # fmt: skip


async def test_a_configuration_is_set_shown_and_told(api, tenant_id):
    path = f"/admin/tenants/{tenant_id}/config"
    answer = await api.client.put(path, json=CONFIG)
    assert (answer.status_code, answer.json()["config"]) == (200, CONFIG)
    assert api.configured[-1] == (tenant_id, await tenants.get_config(tenant_id))
    assert (await api.client.get(f"/admin/tenants/{tenant_id}")).json()["config"] == CONFIG
    entries = await list_newest(limit=1, tenant_id=tenant_id)
    assert entries[0].action == "config.set"


async def test_what_is_left_out_is_as_for_a_new_tenant(api, tenant_id):
    path = f"/admin/tenants/{tenant_id}/config"
    await api.client.put(path, json=CONFIG)
    least = {key: CONFIG[key] for key in ("template_type", "business_name", "language")}
    config = (await api.client.put(path, json=least)).json()["config"]
    assert config["hours"] == {}
    assert config["quiet_hours"] is None
    assert (config["holidays"], config["when_closed"], config["texts"]) == ([], "MENU", {})


async def test_a_tenant_may_be_created_with_all_of_it(api):
    made = await api.client.post("/admin/tenants", json={**BODY, **CONFIG})
    assert made.json()["config"] == CONFIG


@pytest.mark.parametrize(("change", "field"), BAD)
async def test_what_is_wrong_is_refused_by_field_and_changes_nothing(api, tenant_id, change, field):
    before = await tenants.get_config(tenant_id)
    answer = await api.client.put(f"/admin/tenants/{tenant_id}/config", json={**CONFIG, **change})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    created = await api.client.post("/admin/tenants", json={**BODY, **CONFIG, **change})
    assert (created.status_code, created.json()["errors"][0]["field"]) == (400, field)
    assert await tenants.get_config(tenant_id) == before
    assert api.configured == []


async def test_an_unknown_tenant_has_no_configuration(api):
    answer = await api.client.put(f"/admin/tenants/{uuid4()}/config", json=CONFIG)
    assert answer.status_code == 404
