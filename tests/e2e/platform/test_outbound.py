"""What is queued over the API, and what the customer's phone really received."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.e2e.platform.running import PATIENCE, Platform, wait_for

pytestmark = pytest.mark.e2e

SENT = {"SENT", "DELIVERED", "READ"}
OPEN = {"QUEUED", "SENDING"}


@pytest.fixture(scope="module")
def tenant(platform: Platform) -> dict[str, Any]:
    return platform.new_linked_tenant("Outbound")


def path(tenant: dict[str, Any], rest: str = "") -> str:
    return f"/admin/tenants/{tenant['id']}/messages{rest}"


def queue(platform: Platform, tenant: dict[str, Any], **body: Any) -> dict[str, Any]:
    accepted: dict[str, Any] = platform.call("POST", path(tenant), json=body)
    return accepted


def show(platform: Platform, tenant: dict[str, Any], message_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = platform.call("GET", path(tenant, f"/{message_id}"))
    return shown


def wait_state(
    platform: Platform, tenant: dict[str, Any], message_id: str, *states: str
) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        shown = show(platform, tenant, message_id)
        return shown if shown["state"] in states else None

    found: dict[str, Any] = wait_for(look, " or ".join(states))
    return found


def texts(platform: Platform, customer: str) -> list[str]:
    return [item["text"] for item in platform.received(customer)]


def ahead(seconds: float) -> str:
    """A whole second, as WhatsApp's own times are."""
    now = datetime.now(UTC)  # noqa: TID251  the platform's clock is real
    return (now + timedelta(seconds=seconds)).replace(microsecond=0).isoformat()


def stop(platform: Platform, tenant: dict[str, Any]) -> None:
    platform.call("POST", f"/admin/tenants/{tenant['id']}/worker/stop")
    wait_for(lambda: platform.tenant(tenant["id"])["worker"]["status"] == "STOPPED", "STOPPED")


def start(platform: Platform, tenant: dict[str, Any]) -> None:
    platform.call("POST", f"/admin/tenants/{tenant['id']}/worker/start")
    platform.wait_connected(tenant["id"])


def test_a_queued_message_reaches_the_customer_once_and_is_delivered(
    platform: Platform, tenant: dict[str, Any]
) -> None:
    customer, text = platform.new_customer(), f"Karibu {uuid4().hex}"
    accepted = queue(platform, tenant, to=customer, text=text)
    shown = wait_state(platform, tenant, accepted["id"], "DELIVERED", "READ")
    assert texts(platform, customer) == [text]
    assert shown["sent_at"] is not None
    assert shown["delivered_at"] is not None
    logged = [row for row in platform.logs(tenant["id"]) if row["message_text"] == text]
    assert [row["wa_message_id"] for row in logged] == [shown["wa_message_id"]]
    assert [row["to_number"] for row in logged] == [customer]


def test_a_tenants_own_key_sends_too_and_a_repeat_sends_nothing(
    platform: Platform, tenant: dict[str, Any]
) -> None:
    made = platform.call("POST", f"/admin/tenants/{tenant['id']}/api-keys", json={"name": "shop"})
    customer, text = platform.new_customer(), f"Oda {uuid4().hex}"
    headers = {"authorization": f"Bearer {made['key']}", "idempotency-key": uuid4().hex}
    ids = set()
    for _ in range(3):
        answer = httpx.post(
            f"{platform.api_url}/v1/messages",
            headers=headers,
            json={"to": customer, "text": text},
            timeout=PATIENCE,
        )
        assert answer.status_code == 202, answer.text
        ids.add(answer.json()["id"])
    assert len(ids) == 1
    (message_id,) = ids
    wait_state(platform, tenant, message_id, "DELIVERED", "READ")
    last = queue(platform, tenant, to=customer, text="the last")
    wait_state(platform, tenant, last["id"], "DELIVERED", "READ")
    assert texts(platform, customer) == [text, "the last"]


def test_what_is_queued_for_a_stopped_worker_waits_is_cancelled_or_expires(
    platform: Platform, tenant: dict[str, Any]
) -> None:
    customer = platform.new_customer()
    stop(platform, tenant)
    kept = queue(platform, tenant, to=customer, text="kept")
    dropped = queue(platform, tenant, to=customer, text="dropped")
    late = queue(platform, tenant, to=customer, text="late", expires_at=ahead(2))
    assert show(platform, tenant, kept["id"])["state"] == "QUEUED"
    cancelled = platform.call("POST", path(tenant, f"/{dropped['id']}/cancel"))
    assert cancelled["state"] == "CANCELLED"
    wait_state(platform, tenant, late["id"], "EXPIRED")
    start(platform, tenant)
    wait_state(platform, tenant, kept["id"], "DELIVERED", "READ")
    assert texts(platform, customer) == ["kept"]
    assert show(platform, tenant, dropped["id"])["state"] == "CANCELLED"
    assert show(platform, tenant, late["id"])["state"] == "EXPIRED"


def test_a_message_for_later_goes_out_then(platform: Platform, tenant: dict[str, Any]) -> None:
    customer, at = platform.new_customer(), ahead(3)
    accepted = queue(platform, tenant, to=customer, text="later", send_at=at)
    assert show(platform, tenant, accepted["id"])["state"] == "QUEUED"
    shown = wait_state(platform, tenant, accepted["id"], "DELIVERED", "READ")
    assert datetime.fromisoformat(shown["sent_at"]) >= datetime.fromisoformat(at)
    assert texts(platform, customer) == ["later"]


def test_a_conversation_of_every_type_is_what_the_customer_sees_and_the_log_says(
    platform: Platform, tenant: dict[str, Any]
) -> None:
    customer = platform.new_customer()
    theirs = platform.write(customer, tenant, "Mko wapi?")
    wait_for(lambda: len(platform.received(customer)) == 1, "the bot's answer")
    wait_for(lambda: find_logged(platform, tenant, theirs), "the question in the log")

    def say(**body: Any) -> dict[str, Any]:
        accepted = queue(platform, tenant, to=customer, **body)
        return wait_state(platform, tenant, accepted["id"], "DELIVERED", "READ")

    place = {"type": "location", "latitude": -6.8161, "longitude": 39.2803, "name": "Duka"}
    say(content=place, reply_to=theirs)
    say(content={"type": "reaction", "message_id": theirs, "emoji": "👍"})
    text = say(text="Tunafunga saa tisa")
    say(content={"type": "edit", "message_id": text["id"], "text": "Tunafunga saa kumi"})
    say(content={"type": "delete", "message_id": text["wa_message_id"]})
    say(content={"type": "contact", "name": "Asha", "phones": ["+255712000001"]})
    ours = text["wa_message_id"]
    seen = platform.received(customer)[1:]
    assert [(item["kind"], item["reply_to"] or item["target"]) for item in seen] == [
        ("LOCATION", theirs),
        ("REACTION", theirs),
        ("TEXT", None),
        ("EDIT", ours),
        ("DELETE", ours),
        ("CONTACT", None),
    ]
    logged = [find_logged(platform, tenant, item["id"]) for item in seen]
    assert [(row["kind"], row["message_text"], row["in_reply_to"]) for row in logged if row] == [
        ("LOCATION", "Duka", theirs),
        ("REACTION", "👍", theirs),
        ("TEXT", "Tunafunga saa tisa", None),
        ("EDIT", "Tunafunga saa kumi", ours),
        ("DELETE", "", ours),
        ("CONTACT", "Asha: +255712000001", None),
    ]


def find_logged(
    platform: Platform, tenant: dict[str, Any], wa_message_id: str
) -> dict[str, Any] | None:
    rows = (row for row in platform.logs(tenant["id"]) if row["wa_message_id"] == wa_message_id)
    return next(rows, None)


def test_quiet_hours_hold_back_what_is_queued_until_they_are_taken_away(
    platform: Platform, tenant: dict[str, Any]
) -> None:
    customer, hours = platform.new_customer(), f"/admin/tenants/{tenant['id']}/quiet-hours"
    now, hour = datetime.now(ZoneInfo("Africa/Nairobi")), timedelta(hours=1)  # noqa: TID251  real
    around_now = {
        "begins": f"{now - hour:%H:%M}",
        "ends": f"{now + hour:%H:%M}",
        "time_zone": "Africa/Nairobi",
    }
    platform.call("PUT", hours, json=around_now)
    kept = queue(platform, tenant, to=customer, text="Habari ya asubuhi")
    wait_state(platform, tenant, kept["id"], "SENDING")
    platform.write(customer, tenant, "Mko wapi?")
    wait_for(lambda: len(texts(platform, customer)) == 1, "the bot's answer")
    assert "Habari ya asubuhi" not in texts(platform, customer)
    platform.call("DELETE", hours)
    wait_state(platform, tenant, kept["id"], "DELIVERED", "READ")


def test_a_worker_killed_in_a_burst_leaves_every_state_true(
    platform: Platform, tenant: dict[str, Any]
) -> None:
    customers = [platform.new_customer() for _ in range(5)]
    wanted = [
        {"to": customers[number % 5], "text": f"burst {number} {uuid4().hex}"}
        for number in range(50)
    ]
    batch = platform.call("POST", path(tenant, "/batch"), json={"messages": wanted})
    ids = [item["id"] for item in batch["items"]]
    assert len(ids) == 50
    wait_for(lambda: sum(len(texts(platform, c)) for c in customers) >= 10, "ten at customers")
    container = platform.tenant(tenant["id"])["worker"]["container_id"]
    platform.engine.kill(container)
    wait_for(
        lambda: not any(show(platform, tenant, each)["state"] in OPEN for each in ids),
        "an end of every message",
        patience=150,
    )
    states = {
        message["text"]: show(platform, tenant, message_id)["state"]
        for message, message_id in zip(wanted, ids, strict=True)
    }
    sent = {text for text, state in states.items() if state in SENT}
    wait_for(
        lambda: sent <= {text for customer in customers for text in texts(platform, customer)},
        "everything that is called sent at its customer",
    )
    received = [text for customer in customers for text in texts(platform, customer)]
    assert len(received) == len(set(received)), "a customer received a message twice"
    # The kill leaves one moment of which nobody knows; all else is known.
    assert {state for text, state in states.items() if text not in sent} <= {"UNCERTAIN"}
    assert len(states) - len(sent) <= 5
    logged = [row["message_text"] for row in platform.logs(tenant["id"])]
    assert {text: logged.count(text) for text in states} == {
        text: int(text in sent) for text in states
    }
