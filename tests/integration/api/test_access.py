"""Who may use the API, what everybody may see, and what every answer carries."""

from datetime import timedelta

import httpx
import pytest
import structlog

from shared.errors import TransientError
from shared.stores import api_keys
from tests.fakes.businesses import NOW

PATHS = (
    "/admin/tenants",
    "/admin/setup-requests",
    "/admin/operators",
    "/admin/api-keys",
    "/admin/audit",
    "/admin/tenants/x/logs",
    "/admin/tenants/x/messages",
    "/admin/tenants/x/api-keys",
    "/v1/messages",
)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("Bearer", id="no key"),
        pytest.param("Bearer ", id="blank key"),
        pytest.param("Bearer fhk_wrong", id="wrong key"),
        pytest.param("Basic YWRtaW46YWRtaW4=", id="another scheme"),
        pytest.param("Bearer " + "x" * 20_000, id="endless key"),
        pytest.param("Bearer \xff\xfe", id="odd bytes"),
    ],
)
async def test_without_a_good_key_nothing_is_said_but_that(api, header):
    api.client.headers.pop("authorization")
    headers = {} if header is None else {"authorization": header.encode("latin-1")}
    for path in PATHS:
        answer = await api.client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        assert [error["field"] for error in answer.json()["errors"]] == ["authorization"]


async def test_a_key_in_the_address_is_not_taken(api):
    api.client.headers.pop("authorization")
    answer = await api.client.get("/admin/tenants", params={"key": api.key, "api_key": api.key})
    assert answer.status_code == 401


async def test_a_write_without_a_key_leaves_no_row(api):
    before = await api.counts()
    api.client.headers.pop("authorization")
    assert (await api.client.post("/admin/tenants", json={})).status_code == 401
    assert await api.counts() == before


async def test_a_revoked_key_is_refused_at_once(api):
    assert (await api.client.get("/admin/tenants")).status_code == 200
    await api_keys.revoke("admin")
    assert (await api.client.get("/admin/tenants")).status_code == 401


async def test_an_expired_key_is_refused(api):
    _, key = await api_keys.create("k", scopes=["admin"], expires_at=NOW + timedelta(hours=1))
    api.client.headers["authorization"] = f"Bearer {key}"
    assert (await api.client.get("/admin/tenants")).status_code == 200
    api.clock.advance(timedelta(hours=2))
    assert (await api.client.get("/admin/tenants")).status_code == 401


async def test_a_key_without_the_scope_is_forbidden(api):
    _, key = await api_keys.create("reader", scopes=["messages"])
    answer = await api.client.get("/admin/tenants", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 403


async def test_the_process_lives_for_everybody(api):
    api.client.headers.pop("authorization")
    answer = await api.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_it_is_ready_when_everything_answers(api):
    answer = await api.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "checks": {"database": "ok"}},
    )


async def test_it_is_not_ready_when_a_part_fails_and_names_it(api):
    async def down() -> None:
        raise TransientError("the engine does not answer")

    async def broken() -> None:
        raise RuntimeError("secret details")

    api.checks |= {"engine": down, "gateway": broken}
    answer = await api.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not ready",
        "checks": {
            "database": "ok",
            "engine": "the engine does not answer",
            "gateway": "RuntimeError",
        },
    }


async def test_without_its_database_it_lives_is_not_ready_and_asks_to_come_back(api, database):
    database.pool.terminate()
    assert (await api.client.get("/healthz")).status_code == 200
    readiness = await api.client.get("/readyz")
    assert readiness.status_code == 503
    assert readiness.json()["checks"] == {"database": "the database does not answer"}
    answer = await api.client.post("/admin/tenants", json={})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_defect_is_a_problem_without_details_and_is_logged(api, monkeypatch):
    async def explode(**_):
        raise RuntimeError("secret details")

    monkeypatch.setattr("shared.stores.tenant_lists.list_page", explode)
    with structlog.testing.capture_logs() as logs:
        answer = await api.client.get("/admin/tenants")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert [entry["event"] for entry in logs] == ["request.failed"]


async def test_no_key_is_logged(api, capsys):
    with structlog.testing.capture_logs() as logs:
        await api.client.get("/admin/tenants")
        await api.client.get("/admin/tenants", headers={"authorization": "Bearer fhk_wrong"})
        await api.client.post("/admin/tenants", json={})
    printed = capsys.readouterr()
    assert api.key not in f"{logs}{printed}"
    assert "fhk_wrong" not in f"{logs}{printed}"


async def test_every_answer_carries_the_security_headers(api):
    for path in ("/healthz", "/admin/tenants", "/nothing", "/schema", "/admin/tenants/x"):
        headers = (await api.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "script-src 'unsafe" not in headers["content-security-policy"]


async def test_the_description_names_every_path_and_the_key(api):
    api.client.headers.pop("authorization")
    described = (await api.client.get("/schema/openapi.json")).json()
    tenant = "/admin/tenants/{tenant_id}"
    request = "/admin/setup-requests/{request_id}"
    operator = "/{operator_id}"
    expected = {
        "/healthz",
        "/readyz",
        "/admin/tenants",
        tenant,
        f"{tenant}/qr",
        *(f"{base}/media{rest}" for base in (tenant, "/v1") for rest in ("", "/from-url")),
        *(f"{base}/logs{rest}" for base in (tenant, "/v1") for rest in ("", "/{log_id}/media")),
        f"{tenant}/config",
        f"{tenant}/contacts",
        f"{tenant}/config",
        f"{tenant}/quiet-hours",
        *(f"{base}/limits" for base in (tenant, "/v1")),
        f"{tenant}/incidents",
        *(
            f"{tenant}/worker/{action}"
            for action in ("start", "stop", "restart", "force-restart", "revoke-token")
        ),
        f"{tenant}/worker-log",
        f"{tenant}/worker-log/stream",
        f"{tenant}/session/reset",
        f"{tenant}/account",
        f"{tenant}/account/award",
        f"{tenant}/session/new-qr",
        f"{tenant}/pairing-code",
        "/admin/alarms",
        "/admin/fleet",
        "/admin/fleet/history",
        "/admin/setup-requests",
        request,
        f"{request}/approve",
        f"{request}/reject",
        *(
            f"/admin/operators{rest}"
            for rest in ("", operator, f"{operator}/password", f"{operator}/second-step")
        ),
        *(f"{tenant}/members{rest}" for rest in ("", "/{member_id}")),
        "/admin/audit",
        *(f"/admin/security{rest}" for rest in ("/events", "/totals")),
        *(f"/admin/api-keys{rest}" for rest in ("", "/{key_id}", "/of-tenants")),
        f"{tenant}/api-keys",
        f"{tenant}/api-keys/{{key_id}}",
        *(
            f"{base}/messages{rest}"
            for base in (tenant, "/v1")
            for rest in ("", "/batch", "/{message_id}", "/{message_id}/cancel")
        ),
    }
    assert described["paths"].keys() == expected
    assert described["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    assert described["security"] == [{"ApiKey": []}]
    for closed in ("CreateTenantInput", "SendMessageInput", "SendBatchInput", "LocationInput"):
        assert described["components"]["schemas"][closed]["additionalProperties"] is False
    choices = described["components"]["schemas"]["SendMessageInput"]["properties"]["content"]
    assert {"$ref": "#/components/schemas/LocationInput"} in choices["oneOf"]
    assert choices["description"]
    sending = described["paths"]["/v1/messages"]["post"]
    assert sending["parameters"][0]["name"] == "Idempotency-Key"
    assert sending["parameters"][0]["in"] == "header"
    assert {"202", "400", "401", "403", "422"} <= sending["responses"].keys()


async def test_the_page_that_shows_it_loads_everything_from_here(api):
    page = (await api.client.get("/schema")).text
    sources = [
        part.split('"', 1)[0] for mark in ('src="', 'href="') for part in page.split(mark)[1:]
    ]
    assert sources
    for source in sources:
        assert source.startswith("/schema/")
        loaded = await api.client.get(source)
        assert loaded.status_code == 200
        assert len(loaded.content) > 100
    assert "<script>" not in page


async def test_the_page_reads_a_description_that_it_understands(api):
    start = (await api.client.get("/schema/assets/start.js")).text
    assert '"/schema/openapi-3.0.json"' in start
    described = (await api.client.get("/schema/openapi-3.0.json")).json()
    assert described["openapi"].startswith("3.0.")
    assert '"null"' not in httpx.Response(200, json=described).text
