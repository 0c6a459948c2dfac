"""Messages that one side cannot read: asked for again, sent again, read at last."""

from datetime import timedelta

import pytest

from launcher.waiting import wait_for
from tests.integration.sandbox.acts import (
    fault,
    new_customer,
    read,
    received,
    send,
    strike,
    until_counted,
    write,
)


def test_a_spoilt_message_is_reported_asked_for_and_read_at_last(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, corrupt={"nth": [2]})

    ids = [write(sandbox, customer, phone, f"quiet {n}") for n in (1, 2, 3)]

    assert companion.expect("UndecryptableMessage") == {
        "kind": "UndecryptableMessage",
        "id": ids[1],
        "unavailable": False,
    }
    assert companion.expect("message", id=ids[1])["text"] == "quiet 2"


def test_the_very_first_message_of_a_customer_heals_too(sandbox, linked) -> None:
    phone, companion, _ = linked()
    fault(sandbox, phone, corrupt={"nth": [1]})
    customer = new_customer(sandbox)

    sent = write(sandbox, customer, phone, "quiet hello")

    companion.expect("UndecryptableMessage", id=sent)
    companion.expect("message", id=sent)
    assert companion_answers(sandbox, companion, customer)


def test_a_picture_in_a_group_heals_too(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, corrupt={"nth": [1]})
    picture = {"kind": "IMAGE", "file": {"size": 100}}

    sent = send(sandbox, customer, phone, content=picture, chat="120363000000000001@g.us")

    companion.expect("UndecryptableMessage", id=sent)
    healed = companion.expect("message", id=sent)
    assert "imageMessage" in healed["content"]


@pytest.mark.parametrize("times", [2, 3])
def test_from_the_second_time_on_the_client_encloses_new_keys(scene, times: int) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, corrupt={"nth": list(range(1, times + 1))})

    sent = write(sandbox, customer, phone, "quiet at last")

    for _ in range(times):
        companion.expect("UndecryptableMessage", id=sent)
    companion.expect("message", id=sent)
    assert companion_answers(sandbox, companion, customer)


def test_the_client_gives_up_and_the_next_message_is_read(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, corrupt={"every": 1})
    sent = write(sandbox, customer, phone, "quiet never")

    for _ in range(5):
        companion.expect("UndecryptableMessage", id=sent)
    assert companion.is_silent(seconds=2)
    sandbox.call("DELETE", f"/phones/{phone}/faults")

    write(sandbox, customer, phone, "quiet next")
    companion.expect("message", text="quiet next")


def test_an_own_message_heals_too(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, corrupt={"nth": [1]})

    body = {"to": customer, "text": "Nitakupigia"}
    sent = sandbox.call("POST", f"/phones/{phone}/messages", body)["id"]

    companion.expect("UndecryptableMessage", id=sent)
    assert companion.expect("message", id=sent)["own"]


def test_the_client_sends_again_what_the_customer_cannot_read(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, sends={"unread": {"nth": [1, 3]}})

    companion.order(to=customer[1:], send="can you read me?")

    inbox = read(sandbox, customer)
    assert [item["text"] for item in inbox["items"]] == ["can you read me?"]
    assert inbox["dropped"] == []
    counts = sandbox.call("GET", f"/phones/{phone}/faults")["counts"]
    assert counts["sends.unread"] == 2


def test_the_client_sends_again_to_a_customer_it_never_wrote_to(sandbox, linked) -> None:
    phone, companion, _ = linked()
    fault(sandbox, phone, sends={"unread": {"nth": [1, 2]}})
    customer = new_customer(sandbox)

    companion.order(to=customer[1:], send="Karibu")

    assert received(sandbox, customer)["text"] == "Karibu"


def test_after_five_times_the_customer_gives_up(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    fault(sandbox, phone, sends={"unread": {"every": 1}})

    companion.order(to=customer[1:], send="never read")
    sent = companion.expect("sent")["id"]

    until_counted(sandbox, phone, "sends.unread", 6)
    assert sandbox.call("GET", f"/customers/{customer}/messages") == {
        "items": [],
        "dropped": [sent],
        "typed": [],
    }


def test_a_client_that_has_restarted_cannot_send_again(scene) -> None:
    """It keeps what it sent in memory alone: nobody can ask it for that any more."""
    sandbox, phone, companion, customer, session = scene
    fault(sandbox, phone, sends={"unread": {"nth": [1]}}, delay=3)
    companion.order(to=customer[1:], send="lost")
    sent = companion.expect("sent")["id"]
    companion.kill()
    fault(sandbox, phone)

    again = sandbox.companion(session)
    again.expect("Connected")
    again.order(to=customer[1:], send="the next one")

    assert received(sandbox, customer)["text"] == "the next one"
    assert sent in read(sandbox, customer)["dropped"]


@pytest.mark.parametrize("silently", [False, True])
@pytest.mark.parametrize("first", ["customer", "client"])
def test_a_customer_who_installs_anew_is_read_and_reads(
    scene, *, silently: bool, first: str
) -> None:
    sandbox, phone, companion, customer, _ = scene
    sandbox.call("POST", f"/customers/{customer}/reinstall", {"silently": silently})
    if first == "customer":
        write(sandbox, customer, phone, "quiet on my new phone")
        companion.expect("message", text="quiet on my new phone")

    companion.order(to=customer[1:], send="welcome back")

    inbox = read(sandbox, customer)
    assert [item["text"] for item in inbox["items"]] == ["welcome back"]
    assert inbox["dropped"] == []
    write(sandbox, customer, phone, "quiet thanks")
    companion.expect("message", text="quiet thanks")


def test_the_client_reports_that_a_customer_installed_anew(scene) -> None:
    sandbox, _, companion, customer, _ = scene
    lid = sandbox.call("GET", f"/customers/{customer}")["lid"].removesuffix("@lid")

    sandbox.call("POST", f"/customers/{customer}/reinstall", {})

    event = companion.expect("IdentityChange")
    assert event == {"kind": "IdentityChange", "who": lid, "implicit": False}


def test_a_silent_change_of_keys_is_noticed_with_the_next_message(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    sandbox.call("POST", f"/customers/{customer}/reinstall", {"silently": True})

    write(sandbox, customer, phone, "quiet it is me")

    assert companion.expect("IdentityChange")["implicit"]


def test_prekeys_are_uploaded_when_others_have_taken_them_all(scene) -> None:
    sandbox, phone, companion, *_ = scene
    strike(sandbox, phone, "PREKEYS")

    write(sandbox, new_customer(sandbox), phone, "quiet after")
    companion.expect("message", text="quiet after")

    def are_there() -> bool | None:
        [device] = sandbox.call("GET", f"/phones/{phone}")["devices"]
        return device["prekeys"] >= 49 or None

    assert wait_for(are_there, within=timedelta(seconds=30))


def test_sessions_begin_without_one_time_prekeys_from_either_side(sandbox, linked) -> None:
    phone, companion, _ = linked()
    before = sandbox.call("GET", f"/phones/{phone}")["devices"][0]["prekeys"]
    fault(sandbox, phone, no_prekeys=True)
    first, second = new_customer(sandbox), new_customer(sandbox)

    write(sandbox, first, phone, "quiet hello")
    companion.expect("message", text="quiet hello")
    companion.order(to=second[1:], send="Karibu")

    assert received(sandbox, second)["text"] == "Karibu"
    assert sandbox.call("GET", f"/phones/{phone}")["devices"][0]["prekeys"] == before


def companion_answers(sandbox, companion, customer: str) -> bool:
    companion.order(to=customer[1:], send="read you now")
    return received(sandbox, customer)["text"] == "read you now"
