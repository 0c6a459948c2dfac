"""Quiet hours over the API: stored, shown, told to the worker, and refused by field."""

from uuid import uuid4

import pytest

from shared.stores import tenants
from tests.fakes.traces import list_newest
from tests.integration.api.test_tenants import BODY

NIGHT = {"begins": "21:00", "ends": "07:00", "time_zone": "Africa/Dar_es_Salaam"}

BAD = [
    pytest.param({**NIGHT, "begins": "24:00"}, "begins", id="no such hour"),
    pytest.param({**NIGHT, "ends": "7"}, "ends", id="not a time"),
    pytest.param({**NIGHT, "ends": "21:00"}, "ends", id="ends as it begins"),
    pytest.param({**NIGHT, "time_zone": "Mars/Olympus"}, "time_zone", id="no such zone"),
    pytest.param({**NIGHT, "time_zone": "../../etc/passwd"}, "time_zone", id="a path"),
    pytest.param({**NIGHT, "time_zone": "/etc/localtime"}, "time_zone", id="an absolute path"),
    pytest.param({**NIGHT, "time_zone": "Africa"}, "time_zone", id="a directory"),
    pytest.param({**NIGHT, "time_zone": ""}, "time_zone", id="empty"),
    pytest.param({**NIGHT, "time_zone": None}, "time_zone", id="null"),
    pytest.param({**NIGHT, "days": []}, "days", id="unknown field"),
]


async def test_quiet_hours_are_set_shown_told_and_removed(api, tenant_id):
    path = f"/admin/tenants/{tenant_id}/quiet-hours"
    for _ in range(2):
        answer = await api.client.put(path, json=NIGHT)
        assert (answer.status_code, answer.json()["config"]["quiet_hours"]) == (200, NIGHT)
    told, config = api.configured[-1]
    assert (told, config) == (tenant_id, await tenants.get_config(tenant_id))
    removed = await api.client.delete(path)
    assert (removed.status_code, removed.json()["config"]["quiet_hours"]) == (200, None)
    assert api.configured[-1][1].quiet_hours is None
    entries = await list_newest(limit=9, tenant_id=tenant_id)
    actions = [entry.action for entry in entries]
    assert actions == ["quiet_hours.removed", "quiet_hours.set", "quiet_hours.set"]


async def test_a_tenant_may_be_created_with_quiet_hours(api):
    made = await api.client.post("/admin/tenants", json={**BODY, "quiet_hours": NIGHT})
    assert made.json()["config"]["quiet_hours"] == NIGHT


@pytest.mark.parametrize(("body", "field"), BAD)
async def test_bad_quiet_hours_are_refused_by_field_and_change_nothing(api, tenant_id, body, field):
    before = await api.counts()
    answer = await api.client.put(f"/admin/tenants/{tenant_id}/quiet-hours", json=body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    created = await api.client.post("/admin/tenants", json={**BODY, "quiet_hours": body})
    assert created.status_code == 400
    assert created.json()["errors"][0]["field"].startswith("quiet_hours")
    assert (await tenants.get_config(tenant_id)).quiet_hours is None
    assert api.configured == []
    assert await api.counts() == before


async def test_an_unknown_tenant_has_no_quiet_hours(api):
    path = f"/admin/tenants/{uuid4()}/quiet-hours"
    for answer in (await api.client.put(path, json=NIGHT), await api.client.delete(path)):
        assert answer.status_code == 404
    assert api.configured == []
