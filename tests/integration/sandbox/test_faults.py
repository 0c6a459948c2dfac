"""Each fault, and what the real client says about it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sandbox.acts import fault, new_customer, strike, write

READ = 4  # neonize's number for the type of a receipt
Linked = Callable[[], tuple[str, Any, Path]]


def texts(companion: Any, count: int) -> list[str]:
    return [companion.expect("message")["text"] for _ in range(count)]


def test_a_dropped_delivery_comes_with_the_next_login(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, drop={"nth": [2]})

    for n in (1, 2, 3):
        write(sandbox, customer, phone, f"quiet {n}")
    assert texts(companion, 2) == ["quiet 1", "quiet 3"]

    strike(sandbox, phone, "CLOSE")
    # No waiting for "Connected": what waits may be there before the client says it.
    assert texts(companion, 1) == ["quiet 2"]


def test_the_client_drops_the_same_ciphertext_in_silence(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, duplicate={"nth": [1]})

    for n in (1, 2):
        write(sandbox, customer, phone, f"quiet {n}")

    assert texts(companion, 2) == ["quiet 1", "quiet 2"]


def test_a_message_encrypted_anew_is_reported_twice(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, duplicate_anew={"every": 2})

    ids = [write(sandbox, customer, phone, f"quiet {n}") for n in (1, 2, 3)]

    received = [companion.expect("message")["id"] for _ in range(4)]
    assert received == [ids[0], ids[1], ids[1], ids[2]]


def test_reordered_messages_are_all_readable(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, reorder_window=4, seed=1)

    sent = [f"quiet {n}" for n in range(8)]
    for text in sent:
        write(sandbox, customer, phone, text)

    received = texts(companion, 8)
    assert received != sent
    assert sorted(received) == sent
    assert sorted(received[:4]) == sent[:4]


def test_a_delay_keeps_the_order(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, delay=0.2, jitter=0.5, seed=2)

    sent = [f"quiet {n}" for n in range(6)]
    for text in sent:
        write(sandbox, customer, phone, text)

    assert texts(companion, 6) == sent


def test_a_skewed_clock_is_seen_in_the_messages_time(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    write(sandbox, customer, phone, "quiet now")
    now = companion.expect("message")["at"]
    fault(sandbox, phone, clock_skew=-7200)

    write(sandbox, customer, phone, "quiet then")

    assert now - companion.expect("message")["at"] >= 7100 * (1000 if now > 10**11 else 1)


def test_a_reset_comes_after_as_many_messages_as_wanted_and_once(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, reset_after=2)

    for n in range(4):
        write(sandbox, customer, phone, f"quiet {n}")

    companion.expect("Disconnected")
    companion.expect("Connected")
    write(sandbox, customer, phone, "quiet last")
    companion.expect("message", text="quiet last")


@pytest.mark.parametrize(
    ("kind", "more"), [("RESET", {}), ("CLOSE", {}), ("STREAM_ERROR", {"code": 503})]
)
def test_after_a_passing_strike_the_client_is_back_by_itself(scene, kind: str, more: dict) -> None:
    sandbox, phone, companion, customer, _ = scene

    strike(sandbox, phone, kind, **more)

    companion.expect("Disconnected")
    companion.expect("Connected")
    write(sandbox, customer, phone, "quiet again")
    companion.expect("message", text="quiet again")


def test_a_replaced_stream_does_not_come_back(scene) -> None:
    sandbox, phone, companion, *_ = scene

    strike(sandbox, phone, "REPLACE")

    companion.expect("StreamReplaced")


def test_an_unlinked_client_is_logged_out(scene) -> None:
    sandbox, phone, companion, *_ = scene

    strike(sandbox, phone, "UNLINK")

    assert not companion.expect("LoggedOut")["on_connect"]
    assert sandbox.call("GET", f"/phones/{phone}")["devices"] == []


@pytest.mark.parametrize(
    ("reason", "event", "values"),
    [
        pytest.param(400, "ConnectFailure", {"reason": 1}, id="bad request"),
        pytest.param(401, "LoggedOut", {"on_connect": True, "reason": 2}, id="unlinked"),
        pytest.param(402, "TemporaryBan", {"code": 1, "expire": 3600}, id="temporary ban"),
        pytest.param(403, "LoggedOut", {"on_connect": True, "reason": 4}, id="banned"),
        pytest.param(405, "ClientOutdated", {}, id="outdated"),
        pytest.param(406, "LoggedOut", {"on_connect": True, "reason": 5}, id="logged out"),
        pytest.param(409, "ConnectFailure", {"reason": 7}, id="bad user agent"),
    ],
)
def test_a_refused_login_is_reported_by_its_reason(
    scene, reason: int, event: str, values: dict
) -> None:
    sandbox, phone, companion, *_ = scene
    sandbox.call("PUT", f"/phones/{phone}/login-refusal", {"reason": reason, "times": 1})

    strike(sandbox, phone, "CLOSE")

    told = companion.expect(event)
    assert values.items() <= told.items()
    assert sandbox.call("GET", f"/phones/{phone}")["login_refusal"] is None


@pytest.mark.parametrize("reason", [500, 503])
def test_a_server_in_trouble_is_tried_again(scene, reason: int) -> None:
    sandbox, phone, companion, *_ = scene
    sandbox.call("PUT", f"/phones/{phone}/login-refusal", {"reason": reason, "times": 2})

    strike(sandbox, phone, "CLOSE")

    for _ in range(3):  # the cut itself, and the two refusals
        companion.expect("Disconnected")
    companion.expect("Connected")
    assert sandbox.call("GET", f"/phones/{phone}")["login_refusal"] is None


def test_a_refusal_with_an_unknown_code_ends_in_silence(scene) -> None:
    """Neither an event nor another attempt: whoever runs the client must notice by itself."""
    sandbox, phone, companion, *_ = scene
    sandbox.call("PUT", f"/phones/{phone}/login-refusal", {"reason": 463, "times": 1})

    strike(sandbox, phone, "CLOSE")

    companion.expect("Disconnected")
    assert companion.is_silent(seconds=5)
    assert not sandbox.call("GET", f"/phones/{phone}")["devices"][0]["connected"]


def test_a_ban_says_how_long_it_lasts(scene) -> None:
    sandbox, phone, companion, *_ = scene
    ban = {"reason": 402, "ban_code": 104, "ban_seconds": 60, "times": 1}
    sandbox.call("PUT", f"/phones/{phone}/login-refusal", ban)

    strike(sandbox, phone, "CLOSE")

    companion.expect("TemporaryBan", code=4, expire=60)


def test_a_half_open_connection_is_noticed_and_goes_on_when_it_heals(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, half_open=True)
    write(sandbox, customer, phone, "quiet later")

    companion.expect("KeepAliveTimeout")
    sandbox.call("DELETE", f"/phones/{phone}/faults")

    companion.expect("message", text="quiet later")


def test_unanswered_pings_are_reported_while_messages_flow(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, ignore_pings=True)

    companion.expect("KeepAliveTimeout", errors=1)
    write(sandbox, customer, phone, "quiet all the same")
    companion.expect("message", text="quiet all the same")
    sandbox.call("DELETE", f"/phones/{phone}/faults")

    companion.expect("KeepAliveRestored")


def test_a_slow_reader_delays_answers_and_loses_none(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, read_pause=0.1)

    for n in range(3):
        companion.order(to=customer[1:], send=f"slow {n}")

    inbox: list = []
    while len(inbox) < 3:
        path = f"/customers/{customer}/messages?after={len(inbox)}&wait=30"
        inbox += sandbox.call("GET", path)["items"]
    assert [item["text"] for item in inbox] == [f"slow {n}" for n in range(3)]


def test_a_read_receipt_follows_the_delivery_receipt(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    companion.order(to=customer[1:], send="read me")
    sent = companion.expect("sent")["id"]
    sandbox.call("GET", f"/customers/{customer}/messages?wait=30")

    read = sandbox.call("POST", f"/customers/{customer}/read", {"to": phone})

    assert read == {"ids": [sent]}
    assert companion.expect("receipt", type=READ)["ids"] == [sent]


def test_a_customer_is_seen_typing(scene) -> None:
    sandbox, phone, companion, customer, _ = scene

    for state in ("COMPOSING", "RECORDING", "PAUSED"):
        sandbox.call("POST", f"/customers/{customer}/typing", {"to": phone, "state": state})

    seen = [companion.expect("typing") for _ in range(3)]
    assert [(event["state"], event["media"]) for event in seen] == [(1, 1), (1, 2), (2, 1)]


def test_what_the_owner_writes_on_the_phone_reaches_customer_and_client(scene) -> None:
    sandbox, phone, companion, customer, _ = scene

    body = {"to": customer, "text": "Nitakupigia"}
    written = sandbox.call("POST", f"/phones/{phone}/messages", body)["id"]

    event = companion.expect("message", text="Nitakupigia")
    assert event["own"]
    assert event["id"] == written
    assert event["chat"] == sandbox.call("GET", f"/customers/{customer}")["lid"].split("@")[0]
    inbox = sandbox.call("GET", f"/customers/{customer}/messages")["items"]
    assert [item["id"] for item in inbox] == [written]


def test_a_hidden_number_is_learned_from_a_later_message(sandbox, linked: Linked) -> None:
    phone, companion, _ = linked()
    customer = new_customer(sandbox, hides_number=True)

    write(sandbox, customer, phone, "quiet who am I")
    assert companion.expect("message")["phone"] == ""

    sandbox.call("PATCH", f"/customers/{customer}", {"hides_number": False})
    write(sandbox, customer, phone, "quiet it is me")
    assert companion.expect("message", text="quiet it is me")["phone"] == customer[1:]


def test_a_hidden_lid_is_learned_from_a_later_message(sandbox, linked: Linked) -> None:
    phone, companion, _ = linked()
    customer = new_customer(sandbox, hides_lid=True)
    lid = sandbox.call("GET", f"/customers/{customer}")["lid"].removesuffix("@lid")

    write(sandbox, customer, phone, "quiet by number")
    event = companion.expect("message", text="quiet by number")
    assert (event["sender"], event["chat"]) == (customer[1:], customer[1:])

    sandbox.call("PATCH", f"/customers/{customer}", {"hides_lid": False})
    write(sandbox, customer, phone, "quiet by both")
    event = companion.expect("message", text="quiet by both")
    assert (event["sender"], event["phone"]) == (lid, customer[1:])


@pytest.mark.parametrize("hidden", ["hides_number", "hides_lid"])
def test_a_customer_known_by_half_can_be_answered(sandbox, linked: Linked, hidden: str) -> None:
    phone, _, _ = linked()
    customer = new_customer(sandbox, **{hidden: True})

    write(sandbox, customer, phone, "hello")

    inbox = sandbox.call("GET", f"/customers/{customer}/messages?wait=30")
    assert [item["text"] for item in inbox["items"]] == ["echo: hello"]


def test_a_script_is_shown_with_what_it_counted_and_taken_back(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, drop={"nth": [9]})
    write(sandbox, customer, phone, "quiet counted")
    companion.expect("message")

    shown = sandbox.call("GET", f"/phones/{phone}/faults")
    assert shown["script"]["drop"]["nth"] == [9]
    assert shown["counts"]["drop"] == 1

    sandbox.call("DELETE", f"/phones/{phone}/faults")
    assert sandbox.call("GET", f"/phones/{phone}/faults")["counts"] == {}
