"""A row that cannot be read harms its own tenant, who is shown so, and nobody else."""

import pytest

from shared.enums import DesiredState, Direction
from shared.ids import TenantId
from shared.stores import contacts, messages, outbound, setup_requests, tenants, workers
from shared.structs.contacts import Sighting
from shared.structs.content import TextContent
from shared.structs.outbound import NewOutbound
from tests.fakes.businesses import NOW, business, message
from tests.fakes.unreadable import plant

# By table and column, what a version of tomorrow may have written.
UNREADABLE = [
    ("tenant_configs", "language", "'XX'"),
    ("tenant_configs", "template_type", "'HOTEL'"),
    ("tenant_configs", "when_closed", "'SLEEP'"),
    ("tenant_configs", "hours_json", "'[1, 2]'"),
    ("tenant_configs", "hours_json", """'{"FRI": {"opens": "8", "closes": "9"}}'"""),
    ("tenant_configs", "holidays_json", "'{}'"),
    ("tenant_configs", "quiet_hours_json", "'null'"),
    ("tenant_configs", "texts_json", """'{"mood": "glad"}'"""),
    ("whatsapp_sessions", "state", "'ASLEEP'"),
    ("whatsapp_sessions", "reason", "'TIRED'"),
    ("worker_processes", "desired_state", "'PERHAPS'"),
    ("worker_processes", "status", "'DREAMING'"),
]
OF_CONFIGS = [each for each in UNREADABLE if each[0] == "tenant_configs"]
ERROR = {"status": "ERROR", "who_must_act": "OPERATOR"}


@pytest.fixture
async def neighbour(api) -> TenantId:  # noqa: ARG001  the stores are bound
    made = TenantId((await tenants.create(business(2))).id)
    await workers.set_desired(made, DesiredState.RUNNING)
    return made


async def get(api, path: str, **query):
    answer = await api.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("wrong", UNREADABLE, ids=" ".join)
async def test_its_tenant_is_an_error_of_operators_wherever_it_is_shown_and_counted(
    api, tenant_id, neighbour, database_url, wrong
):
    of_neighbour = await get(api, f"/admin/tenants/{neighbour}")
    await plant(database_url, *wrong, f"tenant = '{tenant_id}'")
    listed = {each["id"]: each for each in (await get(api, "/admin/tenants"))["items"]}
    assert listed[str(tenant_id)].items() >= ERROR.items()
    assert wrong[1] in listed[str(tenant_id)]["unreadable"]
    assert listed[str(neighbour)] == of_neighbour
    assert await get(api, f"/admin/tenants/{tenant_id}") == listed[str(tenant_id)]
    for chosen in ({"status": "ERROR"}, {"who_must_act": "OPERATOR"}):
        found = await get(api, "/admin/tenants", **chosen)
        assert [each["id"] for each in found["items"]] == [str(tenant_id)], chosen
    counts = await get(api, "/admin/fleet")
    assert (counts["status"]["ERROR"], counts["status"]["STARTING"]) == (1, 1)
    assert counts["who_must_act"]["OPERATOR"] == 1
    assert sum(counts["session"].values()) == sum(counts["worker"].values()) == 2


@pytest.mark.parametrize("wrong", OF_CONFIGS, ids=" ".join)
async def test_a_configuration_is_mended_by_setting_it_anew(api, tenant_id, database_url, wrong):
    await plant(database_url, *wrong, f"tenant = '{tenant_id}'")
    body = {"template_type": "SUPPORT", "business_name": "Duka", "language": "EN"}
    mended = await api.client.put(f"/admin/tenants/{tenant_id}/config", json=body)
    assert (mended.status_code, mended.json()["unreadable"]) == (200, "")
    assert mended.json()["status"] == "NEW"


async def test_no_worker_is_told_what_stands_in_for_a_configuration(api, tenant_id, database_url):
    where = f"tenant = '{tenant_id}'"
    await plant(database_url, "tenant_configs", "hours_json", "'[1, 2]'", where)
    night = {"begins": "22:00", "ends": "06:00", "time_zone": "UTC"}
    answer = await api.client.put(f"/admin/tenants/{tenant_id}/quiet-hours", json=night)
    assert answer.status_code == 200
    assert api.configured == []


async def test_of_a_list_the_other_rows_are_given(api, tenant_id, database_url):
    path = f"/admin/tenants/{tenant_id}"
    await messages.append_messages(tenant_id, [message("A"), message("B"), message("C")])
    sighting = Sighting(phone="+255754000001", lid=None, first_at=NOW, last_at=NOW)
    await contacts.record(tenant_id, [sighting])
    await plant(database_url, "message_logs", "kind", "'DREAM'", "wa_message_id = 'B'")
    found = await get(api, f"{path}/logs", direction=Direction.IN.value)
    assert [each["wa_message_id"] for each in found["items"]] == ["C", "A"]
    new = [NewOutbound(to="+255754000001", content=TextContent(text=word)) for word in "xyz"]
    ids = [
        each.id
        for each in await outbound.enqueue(tenant_id, new, fingerprint="", key=None, now=NOW)
    ]
    where = f"id = '{ids[1]}'"
    await plant(database_url, "outbound_messages", "content_json", """'{"type": "song"}'""", where)
    found = await get(api, f"{path}/messages")
    assert [each["id"] for each in found["items"]] == [str(ids[2]), str(ids[0])]
    assert (await api.client.get(f"{path}/messages/{ids[1]}")).status_code == 409


async def test_a_page_of_rows_that_cannot_be_read_leads_to_the_next(api, tenant_id, database_url):
    path = f"/admin/tenants/{tenant_id}/logs"
    await messages.append_messages(tenant_id, [message("A"), message("B"), message("C")])
    await plant(database_url, "message_logs", "kind", "'DREAM'", "wa_message_id IN ('B', 'C')")
    first = await get(api, path, limit=2)
    assert first["items"] == []
    second = await get(api, path, limit=2, cursor=first["next_cursor"])
    assert [each["wa_message_id"] for each in second["items"]] == ["A"]


async def test_requests_and_records_of_others_are_given(api, tenant_id, neighbour, database_url):
    for each in (tenant_id, neighbour):
        await setup_requests.create(each)
        await api.client.post(f"/admin/tenants/{each}/worker/start")
    where = f"tenant = '{tenant_id}'"
    await plant(database_url, "setup_requests", "status", "'LOST'", where)
    found = await get(api, "/admin/setup-requests")
    assert [each["tenant_id"] for each in found["items"]] == [str(neighbour)]
    await plant(database_url, "admin_audit_logs", "kind", "'GHOST'", f"tenant_id = '{tenant_id}'")
    found = await get(api, "/admin/audit")
    assert {each["tenant_id"] for each in found["items"]} == {str(neighbour)}


async def test_each_row_is_named_in_the_log_once_and_without_end_of_line(
    api, tenant_id, neighbour, database_url, capsys
):
    where = f"tenant = '{tenant_id}'"
    value = f"E'X\\n{'x' * 5000}'"
    await plant(database_url, "tenant_configs", "language", value, where)
    for _ in range(5):
        await get(api, "/admin/tenants")
    lines = [line for line in capsys.readouterr().out.splitlines() if "row.unreadable" in line]
    assert len(lines) == 1
    assert str(tenant_id) in lines[0]
    assert len(lines[0]) < 1000
    assert str(neighbour) not in lines[0]
