"""Bad input is refused by name, and leaves nothing behind."""

import json
import re
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.routes import list_routes

GOOD = {
    "name": "Duka",
    "phone_number": "+255712345678",
    "template_type": "SUPPORT",
    "language": "EN",
}
ID = "11111111-2222-4333-8444-555555555555"
MIB = 1 << 20


def without(field: str) -> dict:
    return {name: value for name, value in GOOD.items() if name != field}


BODIES = [
    *[pytest.param(without(field), field, id=f"{field} is missing") for field in GOOD],
    pytest.param({**GOOD, "name": ""}, "name", id="name of 0 characters"),
    pytest.param({**GOOD, "name": "x" * 201}, "name", id="name of 201 characters"),
    pytest.param({**GOOD, "name": " \t"}, "name", id="name of white space"),
    pytest.param({**GOOD, "name": "a\nb"}, "name", id="line break in name"),
    pytest.param({**GOOD, "name": "ab\n"}, "name", id="line break at the end of name"),
    pytest.param({**GOOD, "name": "a\0b"}, "name", id="NUL in name"),
    pytest.param({**GOOD, "name": "a\x1bb"}, "name", id="escape in name"),
    pytest.param({**GOOD, "name": "a\x85b"}, "name", id="C1 in name"),
    pytest.param({**GOOD, "name": "a\u2028b"}, "name", id="line separator in name"),
    pytest.param({**GOOD, "name": "\u202e\u200b"}, "name", id="name that nobody sees"),
    pytest.param(
        {**GOOD, "business_name": "\u2066"}, "business_name", id="business name that nobody sees"
    ),
    pytest.param({**GOOD, "name": 7}, "name", id="name is a number"),
    pytest.param({**GOOD, "name": None}, "name", id="name is null"),
    pytest.param({**GOOD, "name": ["x"]}, "name", id="name is a list"),
    pytest.param({**GOOD, "business_name": ""}, "business_name", id="empty business name"),
    pytest.param({**GOOD, "business_name": "a\n"}, "business_name", id="business name, line break"),
    pytest.param({**GOOD, "phone_number": ""}, "phone_number", id="no digits"),
    pytest.param({**GOOD, "phone_number": "0712345678"}, "phone_number", id="national number"),
    pytest.param({**GOOD, "phone_number": "255712345678"}, "phone_number", id="no plus"),
    pytest.param({**GOOD, "phone_number": "+255 712 345 678"}, "phone_number", id="spaces"),
    pytest.param(
        {**GOOD, "phone_number": "+255712345678\n"}, "phone_number", id="phone, line break"
    ),
    pytest.param({**GOOD, "phone_number": "+2557"}, "phone_number", id="too short"),
    pytest.param({**GOOD, "phone_number": "+2557123456789012"}, "phone_number", id="too long"),
    pytest.param({**GOOD, "phone_number": "+999123456789"}, "phone_number", id="no such country"),
    pytest.param({**GOOD, "phone_number": "+255712345678;ext=1"}, "phone_number", id="extension"),
    pytest.param({**GOOD, "phone_number": "+٢٥٥٧١٢٣٤٥٦٧٨"}, "phone_number", id="other digits"),
    pytest.param({**GOOD, "phone_number": 255712345678}, "phone_number", id="phone is a number"),
    pytest.param({**GOOD, "phone_number": "+1" * 100_000}, "phone_number", id="endless phone"),
    pytest.param({**GOOD, "template_type": "CASINO"}, "template_type", id="unknown template"),
    pytest.param({**GOOD, "template_type": "support"}, "template_type", id="lower case template"),
    pytest.param({**GOOD, "template_type": 1}, "template_type", id="template is a number"),
    pytest.param({**GOOD, "language": "FR"}, "language", id="unknown language"),
    pytest.param({**GOOD, "language": None}, "language", id="language is null"),
    pytest.param({**GOOD, "colour": "red"}, "colour", id="unknown field"),
    pytest.param({**GOOD, "tenant_id": ID}, "tenant_id", id="an id may not be chosen"),
    pytest.param({**GOOD, "hours": []}, "hours", id="hours is a list"),
    pytest.param({**GOOD, "hours": {"FUNDAY": {}}}, "hours", id="unknown day"),
    pytest.param({**GOOD, "hours": {"MON": {"opens": "08:00"}}}, "hours", id="no closing time"),
    pytest.param(
        {**GOOD, "hours": {"MON": {"opens": "25:00", "closes": "26:00"}}}, "hours", id="hour 25"
    ),
    pytest.param([GOOD], "body", id="a list of tenants"),
    pytest.param("x", "body", id="a string"),
    pytest.param(None, "body", id="null"),
]


@pytest.mark.parametrize(("body", "field"), BODIES)
async def test_a_bad_tenant_is_refused_by_field_and_leaves_no_row(api, body, field):
    before = await api.counts()
    answer = await api.client.post("/admin/tenants", json=body)
    assert_problem(answer, 400)
    assert any(error["field"].startswith(field) for error in answer.json()["errors"])
    assert await api.counts() == before


async def test_a_name_is_kept_without_what_nobody_sees(api):
    hidden = {"name": "Du\u202eka\u2066 \u200b 1", "business_name": "\ufeffDuka\u00ad Kuu"}
    made = (await api.client.post("/admin/tenants", json=GOOD | hidden)).json()
    assert (made["name"], made["config"]["business_name"]) == ("Duka 1", "Duka Kuu")
    config = {"template_type": "SUPPORT", "language": "EN", "business_name": "Du\u202eka"}
    answer = await api.client.put(f"/admin/tenants/{made['id']}/config", json=config)
    assert answer.json()["config"]["business_name"] == "Duka"


async def test_everything_that_is_wrong_is_said_at_once(api):
    answer = await api.client.post(
        "/admin/tenants", json={"name": "", "template_type": "X", "size": 1, "language": "EN"}
    )
    assert answer.json()["errors"] == [
        {"field": "name", "message": "must not be empty"},
        {"field": "phone_number", "message": "is required"},
        {"field": "size", "message": "is not a field of this request"},
        {"field": "template_type", "message": "is not one of the known values"},
    ]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"\xff\xfe{}", id="not UTF-8"),
        pytest.param(b'{"name": NaN}', id="NaN"),
        pytest.param(b"[" * 100_000, id="nested deeply, open"),
        pytest.param(b'{"a":' * 50_000 + b"1" + b"}" * 50_000, id="nested deeply, closed"),
        pytest.param(b'{"name":"\\ud800"}', id="half a character"),
        pytest.param(b'{"name":"\xff"}', id="a byte that UTF-8 does not know"),
        pytest.param(b'{"name":"a\xc3"}', id="a character that is cut off"),
        pytest.param(b'{"name":"\xc0\x80"}', id="NUL in two bytes"),
        pytest.param(b'{"name":"\xed\xa0\x80"}', id="half a character in three bytes"),
        pytest.param(b'{"\xff":1}', id="a name that is not UTF-8"),
        pytest.param(b'"\xff"', id="text that is not UTF-8"),
        pytest.param(b"name=a&phone_number=b", id="a form"),
        pytest.param(b"{}{}", id="two objects"),
        pytest.param(b'{"name":' + b"9" * 50_000 + b"}", id="an endless number"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(api, content):
    before = await api.counts()
    answer = await api.client.post("/admin/tenants", content=content)
    assert_problem(answer, 400)
    assert answer.json()["errors"]
    assert await api.counts() == before


async def test_no_route_takes_a_body_that_is_not_utf_8(api, tenant_id):
    """Whatever it takes: the body is read before anybody looks for what the path names."""
    before = await api.counts()
    answers = {}
    for route in sorted(list_routes(api.client._transport.app)):
        method, path = route.split(" ")
        if method not in {"POST", "PUT", "PATCH"} or path.endswith("/media"):
            continue
        address = path.replace("{tenant_id}", str(tenant_id))
        answer = await api.client.request(
            method, re.sub(r"\{\w+\}", ID, address), content=b'{"name":"\xff"}'
        )
        answers[route] = answer.status_code
    takes_none = {
        route for route in answers if re.search(r"/worker/|/session/|/award$|/cancel$", route)
    }
    for_tenants = {route for route in answers if " /v1/" in route}
    refused = answers.keys() - takes_none - for_tenants
    assert len(refused) > 10
    assert {route: answers[route] for route in refused} == dict.fromkeys(refused, 400)
    assert {answers[route] for route in for_tenants} == {403}
    assert not {status for status in answers.values() if status >= 500}
    assert {**await api.counts(), "AdminAuditLog": 0} == {**before, "AdminAuditLog": 0}


async def test_a_body_over_the_limit_is_refused(api):
    before = await api.counts()
    sent_whole = await api.client.post("/admin/tenants", content=b" " * (MIB + 1))
    sent_in_parts = await api.client.post("/admin/tenants", content=parts())
    never_read = await api.client.post(
        f"/admin/tenants/{ID}/worker/start", content=b" " * (MIB + 1)
    )
    for answer in (sent_whole, sent_in_parts, never_read):
        assert_problem(answer, 413)
        assert [error["field"] for error in answer.json()["errors"]] == ["body"]
    assert await api.counts() == before


async def test_a_body_at_the_limit_is_read(api):
    body = json.dumps(GOOD).encode()
    answer = await api.client.post("/admin/tenants", content=body + b" " * (MIB - len(body)))
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param("limit=0", "limit", id="limit 0"),
        pytest.param("limit=-1", "limit", id="limit below 0"),
        pytest.param("limit=501", "limit", id="limit above the highest"),
        pytest.param("limit=ten", "limit", id="limit in words"),
        pytest.param("limit=1.5", "limit", id="limit as a fraction"),
        pytest.param("limit=1.0", "limit", id="limit as a whole fraction"),
        pytest.param("limit=1e1", "limit", id="limit with an exponent"),
        pytest.param("limit=", "limit", id="limit is empty"),
        pytest.param("limit=99999999999999999999999", "limit", id="limit beyond 64 bits"),
        pytest.param("limit=1&limit=2", "limit", id="limit twice"),
        pytest.param("cursor=", "cursor", id="empty cursor"),
        pytest.param("cursor=abc", "cursor", id="cursor of three letters"),
        pytest.param("cursor=%00%ff", "cursor", id="cursor of odd bytes"),
        pytest.param("cursor=WyJ0ZW5hbnRzIl0", "cursor", id="cursor that is too short"),
        pytest.param("cursor=" + "A" * 5000, "cursor", id="endless cursor"),
        pytest.param("direction=UP", "direction", id="unknown direction"),
        pytest.param("since=yesterday", "since", id="since in words"),
        pytest.param("since=2026-11-23T08:00:00", "since", id="since without an offset"),
        pytest.param("since=0001-01-01T00:00:00%2B14:00", "since", id="since before time"),
        pytest.param("since=1e400", "since", id="since beyond time"),
        pytest.param("since=0.5", "since", id="since as a fraction"),
        pytest.param("since=1.0", "since", id="since as a whole fraction"),
        pytest.param("since=1e3", "since", id="since with an exponent"),
        pytest.param("since=-1", "since", id="since below 0"),
        pytest.param("since=inf", "since", id="since without end"),
        pytest.param("since=99999999999999", "since", id="since a number beyond time"),
        pytest.param("colour=red", "colour", id="unknown parameter"),
        pytest.param("tenant_id=" + ID, "tenant_id", id="the path's name in the query"),
        pytest.param("caller=x", "caller", id="an argument's name in the query"),
    ],
)
async def test_a_bad_query_is_refused_by_name(api, tenant_id, query, field):
    answer = await api.client.get(f"/admin/tenants/{tenant_id}/logs?{query}")
    assert_problem(answer, 400)
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "since",
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-11-23T08:00:00%2B03:00", "0"],
)
async def test_any_instant_may_be_asked_since(api, tenant_id, since):
    answer = await api.client.get(f"/admin/tenants/{tenant_id}/logs?since={since}")
    assert answer.status_code == 200


@pytest.mark.parametrize("malformed", ["1", "null", "%00", "..%20", ID + "0", "x" * 3000, "é"])
@pytest.mark.parametrize(
    ("path", "field"),
    [("/admin/tenants/{}", "tenant_id"), ("/admin/setup-requests/{}", "request_id")],
)
async def test_an_id_that_is_no_uuid_is_refused_by_name(api, path, field, malformed):
    answer = await api.client.get(path.format(malformed))
    assert_problem(answer, 400)
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_malformed_id_in_a_body_is_refused_by_name(api):
    answer = await api.client.post("/admin/setup-requests", json={"tenant_id": "x"})
    assert_problem(answer, 400)
    assert answer.json()["errors"] == [{"field": "tenant_id", "message": "must be a UUID"}]


@pytest.mark.parametrize(
    "body", [{"note": "x" * 2001}, {"note": "a\nb"}, {"note": 1}, {"notes": ""}, [], "x"]
)
async def test_a_bad_decision_is_refused(api, body):
    answer = await api.client.post(f"/admin/setup-requests/{uuid4()}/approve", json=body)
    assert_problem(answer, 400)


async def test_wrong_methods_and_unknown_paths_are_problems(api):
    assert_problem(await api.client.put("/admin/tenants", json={}), 405)
    assert_problem(await api.client.put(f"/admin/tenants/{ID}"), 405)
    assert_problem(await api.client.get("/admin/tenants/a/b/c/d"), 404)
    assert_problem(await api.client.get("/nothing/here"), 404)
    assert_problem(await api.client.post(f"/admin/tenants/{ID}/worker/explode"), 404)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4)
    ),
    max_leaves=8,
)
near_tenants = st.dictionaries(
    st.sampled_from([*GOOD, "business_name", "hours", "id"]) | st.text(max_size=4),
    json_values | st.sampled_from([*GOOD.values()]),
    max_size=7,
).map(lambda changes: {**GOOD, **changes})


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=st.one_of(near_tenants, json_values))
async def test_no_body_is_a_defect_and_only_a_created_tenant_adds_rows(api, body):
    before = await api.counts()
    answer = await api.client.post(
        "/admin/tenants", content=json.dumps(body).encode("utf-8", "surrogatepass")
    )
    assert answer.status_code in {201, 400, 409}
    if answer.status_code != 201:
        assert_problem(answer, answer.status_code)
        assert await api.counts() == before


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(content=st.binary(max_size=300))
async def test_no_bytes_are_a_defect(api, content):
    answer = await api.client.post("/admin/tenants", content=content)
    assert_problem(answer, 400)


def assert_problem(answer, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]


async def parts():
    for _ in range(17):
        yield b" " * (MIB // 16)
