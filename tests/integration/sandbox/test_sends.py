"""What the server makes of the client's own messages: refused, late, never confirmed."""

import pytest

from tests.integration.sandbox.acts import fault, read, received, strike, until_counted

UNCONFIRMED = "timed out waiting for message send response"


@pytest.mark.parametrize("code", [400, 404, 421, 463, 479, 500])
def test_a_refused_message_is_told_with_its_code(scene, code: int) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, sends={"refused": {"nth": [1], "code": code}})

    companion.order(to=customer[1:], send="refused")
    assert companion.expect("failed")["error"] == f"server returned error {code}"

    companion.order(to=customer[1:], send="taken")
    companion.expect("sent")
    assert [item["text"] for item in read(sandbox, customer)["items"]] == ["taken"]


def test_a_late_acknowledgement_delays_the_sender_and_nobody_else(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, sends={"ack_delay": 3})

    companion.order(to=customer[1:], send="at once")

    assert received(sandbox, customer)["text"] == "at once"
    companion.expect("receipt")
    companion.expect("sent")


def test_a_message_without_an_acknowledgement_has_arrived_all_the_same(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, sends={"unacknowledged": {"nth": [1]}})

    companion.order(to=customer[1:], send="who knows")

    sent = received(sandbox, customer)["id"]
    assert companion.expect("receipt")["ids"] == [sent]
    assert companion.is_silent(seconds=2)


def test_a_message_that_is_never_confirmed_fails_after_a_while(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, sends={"unacknowledged": {"every": 1}})

    companion.order(to=customer[1:], send="nobody says")

    assert received(sandbox, customer)["text"] == "nobody says"
    assert companion.expect("failed", within=120)["error"] == UNCONFIRMED


@pytest.mark.parametrize("name", ["unacknowledged", "swallowed"])
def test_an_unconfirmed_message_is_sent_again_after_a_reconnect(scene, name: str) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, sends={name: {"nth": [1]}})

    companion.order(to=customer[1:], send="once")
    until_counted(sandbox, phone, f"sends.{name}")
    strike(sandbox, phone, "CLOSE")

    sent = companion.expect("sent")["id"]
    inbox = read(sandbox, customer)
    assert [(item["id"], item["text"]) for item in inbox["items"]] == [(sent, "once")]
    assert inbox["dropped"] == []


def test_an_edit_can_be_refused_like_any_message(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    companion.order(to=customer[1:], send="Bei 4000")
    target = companion.expect("sent")["id"]
    fault(sandbox, phone, sends={"refused": {"nth": [1], "code": 400}})

    companion.order(to=customer[1:], edit=target, text="Bei 5000")

    assert companion.expect("failed")["error"] == "server returned error 400"
