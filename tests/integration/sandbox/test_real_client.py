"""The real neonize client against the sandbox: what a worker will live through."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.integration.sandbox.acts import new_customer, read, write

Linked = Callable[[], tuple[str, Any, Path]]


def test_a_message_is_received_and_its_answer_comes_back(sandbox, linked: Linked) -> None:
    phone, companion, _ = linked()
    customer = new_customer(sandbox)

    sent = write(sandbox, customer, phone, "Habari?")

    assert companion.expect("message", text="Habari?")["id"] == sent
    inbox = read(sandbox, customer)
    assert [(item["n"], item["from"], item["text"]) for item in inbox["items"]] == [
        (1, phone, "echo: Habari?")
    ]
    assert inbox["dropped"] == []
    assert companion.expect("receipt")["ids"] == [inbox["items"][0]["id"]]


def test_a_companion_can_write_first_to_a_number_it_never_saw(sandbox, linked: Linked) -> None:
    _, companion, _ = linked()
    customer = new_customer(sandbox)

    companion.order(to=customer[1:], send="Karibu")

    assert [item["text"] for item in read(sandbox, customer)["items"]] == ["Karibu"]


def test_one_phone_writes_to_another(linked: Linked) -> None:
    _, sender, _ = linked()
    other, receiver, _ = linked()

    sender.order(to=other[1:], send="from phone to phone")

    assert receiver.expect("message")["text"] == "from phone to phone"
    assert sender.expect("message")["text"] == "echo: from phone to phone"


def test_two_companions_of_one_phone_both_get_what_comes_and_what_the_other_says(
    sandbox, linked: Linked, sessions
) -> None:
    phone, first, _ = linked()
    second = sandbox.companion(sessions / "second.sqlite")
    sandbox.call("POST", f"/phones/{phone}/scan", {"qr": second.expect("qr")["qr"]})
    second.expect("Connected")
    customer = new_customer(sandbox)

    first.order(to=customer[1:], send="first speaks")

    assert second.expect("message", text="first speaks")["own"]
    sent = write(sandbox, customer, phone, "to both")
    assert first.expect("message", text="to both")["id"] == sent
    assert second.expect("message", text="to both")["id"] == sent


def test_the_stored_session_reconnects_after_a_cut(sandbox, linked: Linked) -> None:
    phone, companion, _ = linked()
    customer = new_customer(sandbox)

    sandbox.call("POST", f"/phones/{phone}/disconnect")
    companion.expect("Disconnected")
    companion.expect("Connected")
    write(sandbox, customer, phone, "there?")

    assert read(sandbox, customer)["items"][0]["text"] == "echo: there?"


def test_messages_wait_for_a_companion_that_is_away(sandbox, linked: Linked) -> None:
    phone, companion, session = linked()
    customer = new_customer(sandbox)
    companion.kill()
    ids = [write(sandbox, customer, phone, f"{n}") for n in range(20)]

    again = sandbox.companion(session)

    received = [again.expect("message") for _ in ids]
    assert [(event["id"], event["text"]) for event in received] == [
        (message_id, str(n)) for n, message_id in enumerate(ids)
    ]


def test_unlinking_a_connected_companion_logs_it_out(sandbox, linked: Linked) -> None:
    phone, companion, _ = linked()

    sandbox.call("DELETE", f"/phones/{phone}/devices/1")

    companion.expect("LoggedOut")
    assert sandbox.call("GET", f"/phones/{phone}")["devices"] == []


def test_a_companion_unlinked_while_away_learns_it_at_login(sandbox, linked: Linked) -> None:
    phone, companion, session = linked()
    companion.kill()
    sandbox.call("DELETE", f"/phones/{phone}/devices/1")

    sandbox.companion(session).expect("LoggedOut")


def test_a_refused_login_is_told_apart_from_an_unlinked_one(sandbox, linked: Linked) -> None:
    phone, companion, session = linked()
    companion.kill()
    sandbox.call("PUT", f"/phones/{phone}/login-refusal", {"reason": 402})

    sandbox.companion(session).expect("TemporaryBan")

    sandbox.end_companions()
    sandbox.call("DELETE", f"/phones/{phone}/login-refusal")
    sandbox.companion(session).expect("Connected")


def test_a_second_stream_of_a_device_replaces_the_first(sandbox, linked: Linked, sessions) -> None:
    _, first, session = linked()
    copy = sessions / "copy.sqlite"
    with sqlite3.connect(session) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()

    sandbox.companion(copy).expect("Connected")

    first.expect("StreamReplaced")


def test_a_code_can_be_scanned_once_and_not_after_its_client_left(sandbox, sessions) -> None:
    phone = sandbox.call("POST", "/phones", {})["phone_number"]
    companion = sandbox.companion(sessions / "a.sqlite")
    qr = companion.expect("qr")["qr"]
    sandbox.call("POST", f"/phones/{phone}/scan", {"qr": qr})

    again = sandbox.http.post(f"/phones/{phone}/scan", json={"qr": qr})

    assert again.status_code == 409
    assert "not shown any more" in again.json()["detail"]


def test_a_burst_from_many_customers_is_answered_one_by_one(sandbox, linked: Linked) -> None:
    phone, _, _ = linked()
    customers = [new_customer(sandbox) for _ in range(30)]

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda one: write(sandbox, one, phone, f"from {one}"), customers))

    for customer in customers:
        inbox = read(sandbox, customer)
        assert [item["text"] for item in inbox["items"]] == [f"echo: from {customer}"]
        assert inbox["dropped"] == []


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_a_restart_unlinks_nobody_and_loses_nothing(sandbox, linked: Linked, ending: str) -> None:
    phone, companion, session = linked()
    customer = new_customer(sandbox)
    write(sandbox, customer, phone, "before")
    read(sandbox, customer)
    companion.kill()
    waiting = write(sandbox, customer, phone, "waiting")

    code = getattr(sandbox, ending)()
    assert code in (0, None)
    sandbox.start()
    again = sandbox.companion(session)

    assert again.expect("message")["id"] == waiting
    items = read(sandbox, customer, after=1)["items"]
    assert [item["text"] for item in items] == ["echo: waiting"]


def test_killed_in_the_middle_of_a_burst_every_message_still_arrives(
    sandbox, linked: Linked
) -> None:
    phone, companion, _ = linked()
    customers = [new_customer(sandbox) for _ in range(20)]
    ids = {write(sandbox, one, phone, f"{one} {n}") for n in range(3) for one in customers}

    companion.expect("message")
    sandbox.kill()
    sandbox.start()

    # The first one was read above; the client itself drops what it gets twice.
    received = {companion.expect("message")["id"] for _ in range(len(ids) - 1)}
    assert received < ids


def test_a_customer_whose_session_is_spoilt_is_asked_again(sandbox, linked: Linked) -> None:
    phone, companion, _ = linked()
    customer = new_customer(sandbox)
    write(sandbox, customer, phone, "first")
    read(sandbox, customer)
    sandbox.stop()
    spoil_sending_chain(sandbox.state_dir / "state.sqlite", customer)
    sandbox.start()
    companion.expect("Connected")

    sent = write(sandbox, customer, phone, "second")

    assert companion.expect("message", text="second")["id"] == sent


def test_a_customer_who_lost_its_session_asks_again(sandbox, linked: Linked) -> None:
    phone, companion, _ = linked()
    customer = new_customer(sandbox)
    write(sandbox, customer, phone, "first")
    read(sandbox, customer)
    sandbox.stop()
    with sqlite3.connect(sandbox.state_dir / "state.sqlite") as state:
        state.execute("DELETE FROM documents WHERE kind = 'session'")
    state.close()
    sandbox.start()
    companion.expect("Connected")

    companion.order(to=customer[1:], send="still there?")

    inbox = read(sandbox, customer, after=1)
    assert [item["text"] for item in inbox["items"]] == ["still there?"]
    assert inbox["dropped"] == []


def spoil_sending_chain(path: Path, customer: str) -> None:
    """Makes what the customer sends next undecryptable, as after a restored backup."""
    with sqlite3.connect(path) as state:
        rows = state.execute(
            "SELECT key, body FROM documents WHERE kind = 'session' AND key LIKE ?",
            (f"{customer[1:]}|%",),
        ).fetchall()
        for key, body in rows:
            sessions = msgspec.msgpack.decode(body)
            for session in sessions:
                session["sending"]["key"] = bytes(32)
            state.execute(
                "UPDATE documents SET body = ? WHERE kind = 'session' AND key = ?",
                (msgspec.msgpack.encode(sessions), key),
            )
    state.close()
