"""Messages over the API: who may queue them, what is refused, and that a repeat adds nothing."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ids import TenantId
from shared.stores import api_keys, outbound_work, tenants, workers
from shared.structs.content import CONTENT_TYPES
from tests.fakes.businesses import NOW, business
from tests.fakes.traces import list_newest

GOOD = {"to": "+255754000001", "text": "Karibu"}
PLACE = {"type": "location", "latitude": -6.8161, "longitude": 39.2803}
LONGEST = 65_536


def say(content):
    return {"to": GOOD["to"], "content": content}


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


def at(offset: timedelta) -> str:
    return (NOW + offset).isoformat()


DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

BODIES = [
    pytest.param({"text": "x"}, "to", id="to is missing"),
    pytest.param({"to": GOOD["to"]}, "text", id="text is missing"),
    pytest.param({**GOOD, "to": "0754000001"}, "to", id="national number"),
    pytest.param({**GOOD, "to": "+255754000001 "}, "to", id="space after the number"),
    pytest.param({**GOOD, "to": "255754000001@s.whatsapp.net"}, "to", id="a JID"),
    pytest.param({**GOOD, "to": "+999123456789"}, "to", id="no such country"),
    pytest.param({**GOOD, "to": "+2557540000010000"}, "to", id="too long"),
    pytest.param({**GOOD, "to": None}, "to", id="to is null"),
    pytest.param({**GOOD, "to": [GOOD["to"]]}, "to", id="to is a list"),
    pytest.param({**GOOD, "text": ""}, "text", id="no text"),
    pytest.param({**GOOD, "text": "x" * (LONGEST + 1)}, "text", id="text too long"),
    pytest.param({**GOOD, "text": "a\0b"}, "text", id="NUL in text"),
    pytest.param({**GOOD, "text": 7}, "text", id="text is a number"),
    pytest.param({**GOOD, "text": {"body": "x"}}, "text", id="text is an object"),
    pytest.param({**GOOD, "send_at": "tomorrow"}, "send_at", id="send_at in words"),
    pytest.param({**GOOD, "send_at": "2026-11-23T08:00:00"}, "send_at", id="no offset"),
    pytest.param({**GOOD, "send_at": 1_800_000_000}, "send_at", id="send_at is a number"),
    pytest.param({**GOOD, "send_at": at(30 * DAY + SECOND)}, "send_at", id="over 30 days ahead"),
    pytest.param({**GOOD, "send_at": "0001-01-01T00:00:00+14:00"}, "send_at", id="before time"),
    pytest.param({**GOOD, "expires_at": at(-SECOND)}, "expires_at", id="expired already"),
    pytest.param({**GOOD, "expires_at": at(timedelta())}, "expires_at", id="expires now"),
    pytest.param(
        {**GOOD, "send_at": at(DAY), "expires_at": at(DAY)}, "expires_at", id="expires when sent"
    ),
    pytest.param({**GOOD, "expires_at": "x"}, "expires_at", id="expires_at in words"),
    pytest.param({**GOOD, "reply_to": "3EB0"}, "reply_to", id="answer to nothing"),
    pytest.param({**GOOD, "media": {}}, "media", id="a field that is yet to come"),
    pytest.param({**GOOD, "tenant_id": "x"}, "tenant_id", id="the tenant may not be chosen"),
    pytest.param({**GOOD, "id": str(uuid4())}, "id", id="the id may not be chosen"),
    pytest.param({**GOOD, "text": None}, "text", id="text is null"),
    pytest.param({**GOOD, "content": PLACE}, "text", id="text and content"),
    pytest.param(say(None), "content", id="content is null"),
    pytest.param(say({}), "content", id="content without a type"),
    pytest.param(say({"type": "hologram"}), "content.type", id="unknown type"),
    pytest.param(say({"type": ["text"]}), "content.type", id="type is a list"),
    pytest.param(say({"type": "text"}), "content.text", id="content without its text"),
    pytest.param(say({"type": "text", "text": ""}), "content.text", id="content of no text"),
    pytest.param(say({**PLACE, "latitude": 90.001}), "content.latitude", id="beyond the pole"),
    pytest.param(say({**PLACE, "longitude": -181}), "content.longitude", id="around the earth"),
    pytest.param(say({**PLACE, "latitude": "6"}), "content.latitude", id="latitude is text"),
    pytest.param(say(without(PLACE, "longitude")), "content.longitude", id="half a place"),
    pytest.param(say({**PLACE, "name": "a\nb"}), "content.name", id="name of two lines"),
    pytest.param(say({**PLACE, "address": "x" * 201}), "content.address", id="long address"),
    pytest.param(say({**PLACE, "text": "x"}), "content.text", id="a place has no text"),
    pytest.param([GOOD], "body", id="a list"),
    pytest.param("x", "body", id="a string"),
    pytest.param(None, "body", id="null"),
]


@pytest.fixture
async def own(api, tenant_id) -> dict[str, str]:
    """Headers with a key of the tenant."""
    made = await api.client.post(f"/admin/tenants/{tenant_id}/api-keys", json={"name": "shop"})
    assert made.status_code == 201
    return {"authorization": f"Bearer {made.json()['key']}"}


@pytest.fixture(params=["admin", "v1"])
def door(request, tenant_id, own) -> tuple[str, dict[str, str]]:
    """The two ways to the same messages: path and headers."""
    if request.param == "admin":
        return f"/admin/tenants/{tenant_id}/messages", {}
    return "/v1/messages", own


@pytest.mark.parametrize(("body", "field"), BODIES)
async def test_a_bad_message_is_refused_by_field_and_leaves_no_row(api, tenant_id, body, field):
    before = await api.counts()
    path = f"/admin/tenants/{tenant_id}/messages"
    alone = await api.client.post(path, json=body)
    in_batch = await api.client.post(f"{path}/batch", json={"messages": [GOOD, body]})
    assert_problem(alone, 400)
    assert [error["field"] for error in alone.json()["errors"]] == [field]
    assert_problem(in_batch, 400)
    expected = "messages[1]" + ("" if field == "body" else f".{field}")
    assert [error["field"] for error in in_batch.json()["errors"]] == [expected]
    assert await api.counts() == before
    assert api.dispatched == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({}, "messages", id="nothing"),
        pytest.param({"messages": []}, "messages", id="none"),
        pytest.param({"messages": [GOOD] * 1001}, "messages", id="1001"),
        pytest.param({"messages": GOOD}, "messages", id="an object"),
        pytest.param({"messages": [GOOD], "x": 1}, "x", id="unknown field"),
        pytest.param([GOOD], "body", id="a list"),
    ],
)
async def test_a_bad_batch_is_refused(api, tenant_id, body, field):
    answer = await api.client.post(f"/admin/tenants/{tenant_id}/messages/batch", json=body)
    assert_problem(answer, 400)
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_every_bad_item_of_a_batch_is_named(api, tenant_id):
    answer = await api.client.post(
        f"/admin/tenants/{tenant_id}/messages/batch",
        json={"messages": [{"to": "x", "text": ""}, GOOD, {"text": "x"}]},
    )
    assert [error["field"] for error in answer.json()["errors"]] == [
        "messages[0].text",
        "messages[0].to",
        "messages[2].to",
    ]


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="empty"),
        pytest.param("x" * 201, id="too long"),
        pytest.param("a b", id="a space"),
        pytest.param("\xe9", id="not ASCII"),
    ],
)
async def test_a_bad_idempotency_key_is_refused_by_name(api, tenant_id, key):
    answer = await api.client.post(
        f"/admin/tenants/{tenant_id}/messages",
        json=GOOD,
        headers={"idempotency-key": key.encode("latin-1")},
    )
    assert_problem(answer, 400)
    assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=FLYING", "state"),
        ("cursor=abc", "cursor"),
        ("limit=0", "limit"),
        ("wanted=SENT", "wanted"),
        ("idempotency_key=x", "idempotency_key"),
        ("sender=x", "sender"),
    ],
)
async def test_a_bad_query_is_refused_by_name(api, door, query, field):
    path, headers = door
    answer = await api.client.get(f"{path}?{query}", headers=headers)
    assert_problem(answer, 400)
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_message_is_accepted_shown_listed_and_dispatched(api, tenant_id, door):
    path, headers = door
    longest = {**GOOD, "text": "\U0001f600\n" * (LONGEST // 2), "send_at": at(30 * DAY)}
    for body in (GOOD, longest):
        answer = await api.client.post(path, json=body, headers=headers)
        assert answer.status_code == 202
        assert answer.json().keys() == {"id", "state"}
        shown = (await api.client.get(f"{path}/{answer.json()['id']}", headers=headers)).json()
        assert (shown["state"], shown["to"], shown["text"]) == ("QUEUED", body["to"], body["text"])
    assert api.dispatched == [tenant_id] * 2
    listed = (await api.client.get(f"{path}?state=QUEUED&limit=1", headers=headers)).json()
    rest = await api.client.get(f"{path}?limit=1&cursor={listed['next_cursor']}", headers=headers)
    assert listed["items"] == [shown]
    assert [item["text"] for item in rest.json()["items"]] == [GOOD["text"]]


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        pytest.param({"type": "text", "text": "Karibu"}, "TEXT", "Karibu", id="text"),
        pytest.param(PLACE, "LOCATION", "-6.816100, 39.280300", id="a place"),
        pytest.param({**PLACE, "name": "Duka"}, "LOCATION", "Duka", id="a place with a name"),
        pytest.param({**PLACE, "latitude": 90}, "LOCATION", "90.000000, 39.280300", id="a pole"),
    ],
)
async def test_other_contents_than_text_are_accepted_and_shown(api, door, content, kind, text):
    path, headers = door
    answer = await api.client.post(path, json=say(content), headers=headers)
    assert answer.status_code == 202
    shown = (await api.client.get(f"{path}/{answer.json()['id']}", headers=headers)).json()
    assert (shown["kind"], shown["text"]) == (kind, text)
    assert content.items() <= shown["content"].items()


async def test_a_repeat_with_another_content_is_refused(api, door):
    path, headers = door
    headers = {**headers, "idempotency-key": "k"}
    assert (await api.client.post(path, json=say(PLACE), headers=headers)).status_code == 202
    other = await api.client.post(path, json=say({**PLACE, "name": "Duka"}), headers=headers)
    assert_problem(other, 422)
    assert (await api.client.post(path, json=say(PLACE), headers=headers)).status_code == 202
    assert (await api.counts())["OutboundMessage"] == 1


async def test_a_batch_is_accepted_in_its_order(api, door):
    path, headers = door
    messages = [{**GOOD, "text": str(number)} for number in range(1000)]
    answer = await api.client.post(f"{path}/batch", json={"messages": messages}, headers=headers)
    assert answer.status_code == 202
    ids = [item["id"] for item in answer.json()["items"]]
    for number in (0, 999):
        shown = (await api.client.get(f"{path}/{ids[number]}", headers=headers)).json()
        assert shown["text"] == str(number)


async def test_a_repeat_is_answered_as_the_first_time_and_queues_nothing(api, door):
    path, headers = door
    headers = {**headers, "idempotency-key": "order-17"}
    body = {**GOOD, "expires_at": at(60 * SECOND)}
    first = await api.client.post(path, json=body, headers=headers)
    before = await api.counts()
    api.clock.advance(timedelta(hours=1))  # by now the same request would come too late
    again = await api.client.post(path, json=dict(reversed(body.items())), headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    assert await api.counts() == before


async def test_requests_with_the_same_key_at_once_queue_one_message(api, door):
    path, headers = door
    headers = {**headers, "idempotency-key": "k"}
    answers = await asyncio.gather(
        *(api.client.post(path, json=GOOD, headers=headers) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await api.counts())["OutboundMessage"] == 1


async def test_the_same_key_with_another_body_is_refused(api, door):
    path, headers = door
    headers = {**headers, "idempotency-key": "k"}
    assert (await api.client.post(path, json=GOOD, headers=headers)).status_code == 202
    before = await api.counts()
    other = await api.client.post(path, json={**GOOD, "text": "x"}, headers=headers)
    batch = await api.client.post(f"{path}/batch", json={"messages": [GOOD]}, headers=headers)
    for answer in (other, batch):
        assert_problem(answer, 422)
        assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]
    assert await api.counts() == before


async def test_a_message_is_cancelled_once_and_a_sent_one_is_not(api, tenant_id, door):
    path, headers = door
    message_id = (await api.client.post(path, json=GOOD, headers=headers)).json()["id"]
    for _ in range(2):
        answer = await api.client.post(f"{path}/{message_id}/cancel", headers=headers)
        assert (answer.status_code, answer.json()["state"]) == (200, "CANCELLED")
    other = (await api.client.post(path, json=GOOD, headers=headers)).json()["id"]
    epoch = await workers.next_epoch(tenant_id)
    (claimed,) = await outbound_work.claim(tenant_id, epoch=epoch, now=api.clock.now(), limit=1)
    asked = await api.client.post(f"{path}/{other}/cancel", headers=headers)
    assert (asked.status_code, asked.json()["state"]) == (200, "SENDING")
    sent = outbound_work.Sent(id=claimed.id, wa_message_id="WA1", at=NOW)
    await outbound_work.settle(tenant_id, sent=[sent], not_sent=[])
    assert_problem(await api.client.post(f"{path}/{other}/cancel", headers=headers), 409)


async def test_foreign_and_unknown_messages_are_not_found(api, door):
    path, headers = door
    other = TenantId((await tenants.create(business(2))).id)
    theirs = (await api.client.post(f"/admin/tenants/{other}/messages", json=GOOD)).json()["id"]
    for message_id in (theirs, uuid4()):
        shown = await api.client.get(f"{path}/{message_id}", headers=headers)
        cancelled = await api.client.post(f"{path}/{message_id}/cancel", headers=headers)
        for answer in (shown, cancelled):
            assert_problem(answer, 404)
    assert (await api.client.get(f"{path}/x", headers=headers)).status_code == 400


async def test_an_unknown_tenant_is_not_found(api):
    path = f"/admin/tenants/{uuid4()}"
    answers = [
        await api.client.post(f"{path}/messages", json=GOOD),
        await api.client.post(f"{path}/messages/batch", json={"messages": [GOOD]}),
        await api.client.get(f"{path}/messages"),
        await api.client.post(f"{path}/api-keys", json={"name": "x"}),
        await api.client.get(f"{path}/api-keys"),
    ]
    for answer in answers:
        assert_problem(answer, 404)
    assert (await api.counts())["OutboundMessage"] == 0


async def test_an_operators_sends_leave_a_trace_and_a_tenants_own_do_not(api, tenant_id, own):
    await api.client.post("/v1/messages", json=GOOD, headers=own)
    await api.client.post(f"/admin/tenants/{tenant_id}/messages", json=GOOD)
    entries = await list_newest(limit=10, tenant_id=tenant_id)
    assert [entry.action for entry in entries] == ["messages.queued", "api_key.issued"]
    assert GOOD["text"] not in str(entries)


class TestKeys:
    async def test_a_key_is_shown_once_listed_without_it_and_revoked(self, api, tenant_id):
        path = f"/admin/tenants/{tenant_id}/api-keys"
        made = (await api.client.post(path, json={"name": "shop"})).json()
        headers = {"authorization": f"Bearer {made['key']}"}
        assert (await api.client.get("/v1/messages", headers=headers)).status_code == 200
        listed = (await api.client.get(path)).json()
        assert [item["scopes"] for item in listed["items"]] == [["messages"]]
        assert made["key"] not in str(listed)
        for status in (200, 404):
            revoked = await api.client.delete(f"{path}/{made['id']}")
            assert revoked.status_code == status
        assert (await api.client.get("/v1/messages", headers=headers)).status_code == 401
        assert (await api.client.post(path, json={"name": "shop"})).status_code == 201

    async def test_a_name_is_taken_within_a_tenant_only(self, api, tenant_id):
        other = TenantId((await tenants.create(business(2))).id)
        for tenant, status in ((tenant_id, 201), (tenant_id, 409), (other, 201)):
            path = f"/admin/tenants/{tenant}/api-keys"
            # Also the name of the operator's own key is free.
            assert (await api.client.post(path, json={"name": "admin"})).status_code == status
        assert (await api.client.get("/admin/tenants")).status_code == 200

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "name"),
            ({"name": ""}, "name"),
            ({"name": "a\nb"}, "name"),
            ({"name": "x", "scopes": ["admin"]}, "scopes"),
            ({"name": "x", "expires_at": "2026-11-23T08:00:00"}, "expires_at"),
            ({"name": "x", "expires_at": at(-SECOND)}, "expires_at"),
        ],
    )
    async def test_a_bad_key_is_refused_by_field(self, api, tenant_id, body, field):
        answer = await api.client.post(f"/admin/tenants/{tenant_id}/api-keys", json=body)
        assert_problem(answer, 400)
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    async def test_another_tenants_key_cannot_be_revoked(self, api, tenant_id, own):
        other = TenantId((await tenants.create(business(2))).id)
        (key,) = await api_keys.list_of_tenant(tenant_id, limit=9)
        assert_problem(await api.client.delete(f"/admin/tenants/{other}/api-keys/{key.id}"), 404)
        assert (await api.client.get("/v1/messages", headers=own)).status_code == 200

    async def test_a_tenants_key_may_not_use_the_admin_api(self, api, tenant_id, own):
        for path in ("/admin/tenants", f"/admin/tenants/{tenant_id}/messages"):
            assert_problem(await api.client.get(path, headers=own), 403)
        posted = await api.client.post(
            f"/admin/tenants/{tenant_id}/messages", json=GOOD, headers=own
        )
        assert_problem(posted, 403)

    async def test_an_operators_key_is_told_where_to_go(self, api):
        answer = await api.client.post("/v1/messages", json=GOOD)
        assert_problem(answer, 403)
        assert "operator's key" in answer.json()["detail"]

    async def test_a_tenants_key_ends_with_the_tenant_and_in_time(self, api, tenant_id, own):
        made = await api.client.post(
            f"/admin/tenants/{tenant_id}/api-keys", json={"name": "k", "expires_at": at(DAY)}
        )
        brief = {"authorization": f"Bearer {made.json()['key']}"}
        assert (await api.client.get("/v1/messages", headers=brief)).status_code == 200
        api.clock.advance(2 * DAY)
        assert (await api.client.get("/v1/messages", headers=brief)).status_code == 401
        await tenants.request_removal(tenant_id, now=NOW)
        assert (await api.client.get("/v1/messages", headers=own)).status_code == 401


VALUES = st.none() | st.text() | st.floats(-200, 200) | st.integers() | st.lists(st.text())
ANYTHING = dict.fromkeys(
    ["text", "latitude", "longitude", "name", "address", "phones", "message_id", "emoji", "x"],
    VALUES,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    changes=st.dictionaries(
        st.sampled_from(["to", "text", "content", "reply_to", "send_at", "expires_at", "x"]),
        st.none()
        | st.integers()
        | st.text()
        | st.datetimes().map(lambda d: d.isoformat() + "Z")
        | st.fixed_dictionaries({"type": st.sampled_from(CONTENT_TYPES)}, optional=ANYTHING),
        max_size=4,
    )
)
async def test_no_message_is_a_defect(api, tenant_id, changes):
    body = json.dumps({**GOOD, **changes}).encode("utf-8", "surrogatepass")
    path = f"/admin/tenants/{tenant_id}/messages"
    assert (await api.client.post(path, content=body)).status_code in {202, 400}
    batch = b'{"messages":[' + body + b"]}"
    assert (await api.client.post(f"{path}/batch", content=batch)).status_code in {202, 400}


def assert_problem(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
