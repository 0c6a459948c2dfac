"""The control API: what it refuses, and how it says so."""

from pathlib import Path
from typing import Any

import httpx
import pytest

QR_KEYS = ",".join(["A" * 43 + "="] * 3)


@pytest.fixture(scope="module")
def people(running_sandbox: Any) -> dict[str, str]:
    phone = running_sandbox.call("POST", "/phones", {})["phone_number"]
    customer = running_sandbox.call("POST", "/customers", {})["phone_number"]
    return {"phone": phone, "customer": customer}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/phones", {"phone_number": "0741000001"}, 422, "phone_number"),
        ("POST", "/phones", {"phone_number": "+255741000001\n"}, 422, "phone_number"),
        ("POST", "/phones", {"phone_number": 5}, 422, "phone_number"),
        ("POST", "/phones", {"name": ""}, 422, "name"),
        ("POST", "/phones", {"name": "x" * 201}, 422, "name"),
        ("POST", "/phones", {"name": "bell\a"}, 422, "name"),
        ("POST", "/phones", {"nmae": "typo"}, 422, "nmae"),
        ("POST", "/phones", [], 422, "body"),
        ("POST", "/phones", None, 422, "body"),
        ("POST", "/phones", {"phone_number": "{phone}"}, 409, None),
        ("POST", "/customers", {"phone_number": "{phone}"}, 409, None),
        ("GET", "/phones/0741000001", None, 422, "number"),
        ("GET", "/phones/+255749999999", None, 404, None),
        ("GET", "/phones/{customer}", None, 404, None),
        ("GET", "/phones/{phone}?wait_connected=soon", None, 422, "wait_connected"),
        ("GET", "/phones/{phone}?wait_connected=61", None, 422, "wait_connected"),
        ("POST", "/phones/{phone}/scan", {}, 422, "qr"),
        ("POST", "/phones/{phone}/scan", {"qr": "hello"}, 422, "qr"),
        ("POST", "/phones/{phone}/scan", {"qr": f"2@gone,{QR_KEYS},6"}, 409, None),
        ("POST", "/phones/+255749999999/scan", {"qr": f"2@gone,{QR_KEYS},6"}, 404, None),
        ("POST", "/phones/{phone}/pair", {}, 422, "code"),
        ("POST", "/phones/{phone}/pair", {"code": "ABCD-123"}, 422, "code"),
        ("POST", "/phones/{phone}/pair", {"code": "x" * 21}, 422, "code"),
        ("POST", "/phones/{phone}/pair", {"code": "ABCD-1234"}, 409, None),
        ("POST", "/phones/+255749999999/pair", {"code": "ABCD-1234"}, 404, None),
        ("POST", "/phones/{customer}/pair", {"code": "ABCD-1234"}, 404, None),
        ("POST", "/phones/+255749999999/disconnect", None, 404, None),
        ("DELETE", "/phones/{phone}/devices/1", None, 404, None),
        ("PUT", "/phones/{phone}/login-refusal", {"reason": "no"}, 422, "reason"),
        ("PUT", "/phones/{phone}/login-refusal", {"reason": 7}, 422, "reason"),
        ("PUT", "/phones/{phone}/login-refusal", {"reason": 402, "times": 0}, 422, "times"),
        ("PUT", "/phones/{phone}/passkey-demand", {}, 422, "wanted"),
        ("PUT", "/phones/{phone}/passkey-demand", {"wanted": "yes"}, 422, "wanted"),
        ("PUT", "/phones/{customer}/passkey-demand", {"wanted": True}, 404, None),
        ("GET", "/phones/{customer}/faults", None, 404, None),
        ("GET", "/phones/{phone}/faults?times=0", None, 422, "times"),
        ("PUT", "/phones/+255749999999/faults", {}, 404, None),
        ("PUT", "/phones/{phone}/faults", {"delya": 1}, 422, "delya"),
        ("PUT", "/phones/{phone}/faults", {"delay": -1}, 422, "delay"),
        ("PUT", "/phones/{phone}/faults", {"jitter": 301}, 422, "jitter"),
        ("PUT", "/phones/{phone}/faults", {"drop": 3}, 422, "drop"),
        ("PUT", "/phones/{phone}/faults", {"drop": {"nth": [0]}}, 422, "drop.nth[0]"),
        ("PUT", "/phones/{phone}/faults", {"drop": {"chance": 1.5}}, 422, "drop.chance"),
        ("PUT", "/phones/{phone}/faults", {"reorder_window": 0}, 422, "reorder_window"),
        ("PUT", "/phones/{phone}/faults", {"sends": {"refsued": {}}}, 422, "sends.refsued"),
        (
            "PUT",
            "/phones/{phone}/faults",
            {"sends": {"refused": {"code": 0}}},
            422,
            "sends.refused.code",
        ),
        (
            "PUT",
            "/phones/{phone}/faults",
            {"media": {"upload_refused": {"code": 200}}},
            422,
            "media.upload_refused.code",
        ),
        ("PUT", "/phones/{phone}/faults", {"media": {"delay": 301}}, 422, "media.delay"),
        ("DELETE", "/phones/+255749999999/faults", None, 404, None),
        ("POST", "/phones/{phone}/strikes", {"strike": "RESET"}, 409, None),
        ("POST", "/phones/{phone}/strikes", {"strike": "LIGHTNING"}, 422, "strike"),
        ("POST", "/phones/{phone}/strikes", {}, 422, "strike"),
        ("POST", "/phones/+255749999999/strikes", {"strike": "RESET"}, 404, None),
        ("POST", "/phones/{phone}/messages", {"to": "{phone}", "text": "x"}, 404, None),
        ("POST", "/phones/{phone}/messages", {"to": "{customer}", "text": ""}, 422, "text"),
        ("POST", "/phones/{phone}/history", {"chats": []}, 422, "chats"),
        ("POST", "/phones/{phone}/history", {"chats": [{"with": "x"}]}, 422, "chats[0].with"),
        ("POST", "/customers/{customer}/read", {"to": "{customer}"}, 404, None),
        ("POST", "/customers/{customer}/read", {"to": "{phone}", "ids": ["X"]}, 422, "ids"),
        ("POST", "/customers/{customer}/read", {"to": "{phone}", "ids": []}, 422, "ids"),
        ("POST", "/customers/{customer}/typing", {"to": "{phone}", "state": "x"}, 422, "state"),
        ("PATCH", "/customers/{customer}", {}, 422, "hides_number"),
        ("POST", "/customers/{phone}/reinstall", {}, 404, None),
        ("POST", "/customers/{customer}/reinstall", {"silently": "perhaps"}, 422, "silently"),
        (
            "PATCH",
            "/customers/{customer}",
            {"hides_number": True, "hides_lid": True},
            422,
            "hides_lid",
        ),
        ("POST", "/customers", {"hides_number": True, "hides_lid": True}, 422, "hides_lid"),
        ("POST", "/phones/{phone}/strikes", {"strike": "PREKEYS"}, 409, None),
        ("POST", "/customers/{customer}/messages", {"to": "{phone}", "text": "x"}, 409, None),
        ("POST", "/customers/{customer}/messages", {"to": "{phone}", "text": ""}, 422, "text"),
        ("POST", "/customers/{customer}/messages", {"to": "{phone}"}, 422, "text"),
        ("POST", "/customers/{customer}/messages", {"to": "x", "text": "x"}, 422, "to"),
        ("POST", "/customers/{customer}/messages", {"to": "+255749999999", "text": "x"}, 404, None),
        ("POST", "/customers/+255749999999/messages", {"to": "{phone}", "text": "x"}, 404, None),
        ("GET", "/customers/{customer}/messages?after=-1", None, 422, "after"),
        ("GET", "/customers/{customer}/messages/1/file", None, 404, None),
        ("GET", "/customers/{customer}/messages/0/file", None, 404, None),
        ("GET", "/customers/{customer}/messages/x/file", None, 404, None),
        ("GET", "/customers/{customer}/messages?wait=x", None, 422, "wait"),
        ("GET", "/customers/+255749999999/messages", None, 404, None),
        ("GET", "/nothing", None, 404, None),
        ("DELETE", "/phones", None, 405, None),
    ],
)
def test_bad_input_is_refused_with_a_problem_that_names_the_field(  # noqa: PLR0917  columns
    running_sandbox: Any,
    people: dict[str, str],
    method: str,
    path: str,
    body: Any,
    status: int,
    field: str | None,
) -> None:
    if isinstance(body, dict):
        body = {
            key: people[value[1:-1]] if value in ("{phone}", "{customer}") else value
            for key, value in body.items()
        }

    answer = running_sandbox.http.request(method, path.format(**people), json=body)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert [error["field"] for error in problem["errors"]] == ([field] if field else [])


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"text": "x", "content": {"kind": "CALL"}}, "content"),
        ({"content": {}}, "content.kind"),
        ({"content": {"kind": "SMELL"}}, "content.kind"),
        ({"content": {"kind": "TEXT", "text": "x", "emoji": "x"}}, "content.emoji"),
        ({"content": {"kind": "TEXT", "text": "é" * 32769}}, "content.text"),
        ({"content": {"kind": "EDIT", "target": "A", "text": "é" * 32769}}, "content.text"),
        ({"content": {"kind": "IMAGE"}}, "content.file"),
        ({"content": {"kind": "IMAGE", "file": {}}}, "content.file"),
        ({"content": {"kind": "IMAGE", "file": {"size": 5, "base64": "eA=="}}}, "content.file"),
        ({"content": {"kind": "IMAGE", "file": {"size": 0}}}, "content.file.size"),
        ({"content": {"kind": "IMAGE", "file": {"size": 1 << 40}}}, "content.file.size"),
        ({"content": {"kind": "IMAGE", "file": {"base64": "§"}}}, "content.file.base64"),
        ({"content": {"kind": "LOCATION", "latitude": 91, "longitude": 0}}, "content.latitude"),
        ({"content": {"kind": "POLL", "question": "x", "options": ["x"]}}, "content.options"),
        ({"content": {"kind": "REACTION", "target": "a b", "emoji": ""}}, "content.target"),
        ({"content": {"kind": "CALL"}, "reply_to": "AC01"}, "reply_to"),
        ({"content": {"kind": "DELETE", "target": "AC01"}, "reply_to": "AC02"}, "reply_to"),
        ({"text": "x", "reply_to": ""}, "reply_to"),
        ({"text": "x", "chat": "255741000001@s.whatsapp.net"}, "chat"),
        ({"text": "x", "chat": "120363000000000001@g.us\n"}, "chat"),
    ],
)
def test_a_message_that_cannot_be_is_refused_by_its_field(
    running_sandbox: Any, people: dict[str, str], message: dict[str, Any], field: str
) -> None:
    body = {"to": people["phone"], **message}

    answer = running_sandbox.http.post(f"/customers/{people['customer']}/messages", json=body)

    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("content", [{"kind": "CALL"}, {"kind": "IMAGE", "file": {}}])
def test_the_owner_cannot_write_what_the_phone_cannot_send(
    running_sandbox: Any, people: dict[str, str], content: dict[str, Any]
) -> None:
    body = {"to": people["customer"], "content": content}

    answer = running_sandbox.http.post(f"/phones/{people['phone']}/messages", json=body)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith("content.")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b"nonsense", 400, id="no JSON"),
        pytest.param(b'{"name":"\\ud800"}', 400, id="half a surrogate"),
        pytest.param(b'{"name":"\xff"}', 400, id="no UTF-8"),
        pytest.param(b'{"name":"' + b"x" * (2 << 20) + b'"}', 413, id="too large"),
    ],
)
def test_a_body_that_is_no_json_is_refused(
    running_sandbox: Any, content: bytes, status: int
) -> None:
    answer = running_sandbox.http.post("/phones", content=content)

    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status


@pytest.mark.parametrize(("letter", "count"), [("x", 65537), ("é", 32769)])
def test_a_text_is_measured_in_bytes(
    running_sandbox: Any, people: dict[str, str], letter: str, count: int
) -> None:
    answer = running_sandbox.http.post(
        f"/customers/{people['customer']}/messages",
        json={"to": people["phone"], "text": letter * count},
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "text"


def test_the_api_describes_itself(running_sandbox: Any) -> None:
    document = running_sandbox.call("GET", "/schema/openapi.json")

    assert document["openapi"].startswith("3.1")
    assert {
        "/phones",
        "/phones/{number}/faults",
        "/phones/{number}/strikes",
        "/customers/{number}/messages",
        "/healthz",
    } <= set(document["paths"])


def test_a_person_is_what_was_asked_for(running_sandbox: Any) -> None:
    wanted = {"phone_number": "+255741000042", "name": "Duka la Asha"}

    made = running_sandbox.call("POST", "/phones", wanted)

    assert made["lid"].endswith("@lid")
    assert wanted.items() <= made.items()
    assert made in running_sandbox.call("GET", "/phones")["items"]
    assert made == running_sandbox.call("GET", f"/phones/{wanted['phone_number']}")


def test_waiting_for_a_message_that_does_not_come_ends_in_time(
    running_sandbox: Any, people: dict[str, str]
) -> None:
    inbox = running_sandbox.call("GET", f"/customers/{people['customer']}/messages?wait=0.2")

    assert inbox == {"items": [], "dropped": [], "typed": []}


def test_the_proxy_refuses_the_rest_of_the_world(running_sandbox: Any) -> None:
    with (
        httpx.Client(proxy=running_sandbox.proxy, trust_env=False) as client,
        pytest.raises(httpx.ProxyError, match="403"),
    ):
        client.get("https://example.com/")


def test_a_second_sandbox_on_the_same_state_says_why_it_does_not_start(
    running_sandbox: Any,
) -> None:
    second = running_sandbox.run_another()

    assert second.returncode == 1
    assert "not usable" in second.stderr or "cannot listen" in second.stderr


def test_sigterm_ends_it_cleanly(tmp_path: Path, sandbox_in: Any) -> None:
    sandbox = sandbox_in(tmp_path)

    assert sandbox.stop() == 0
    assert b"sandbox.stopped" in sandbox.log()
