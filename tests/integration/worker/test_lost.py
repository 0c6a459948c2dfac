"""What was inside the real library when it was killed: named by the next worker."""

import asyncio
import signal
import sqlite3
from contextlib import closing

import pytest

from shared.clock import SystemClock
from shared.enums import MessageKind, SessionState

pytestmark = pytest.mark.timeout(120)


async def heard(linked, sandbox, gateway, text):
    written = await sandbox.write(linked.customer, linked.phone, text)
    await gateway.until(lambda: any(each.in_reply_to == written for each in gateway.sent))
    return written


def forget(volume, wa_message_id):
    """As if the worker had been killed before the library handed it over."""
    with closing(sqlite3.connect(volume / "worker.db")) as db, db:
        db.execute("DELETE FROM inbox WHERE wa_message_id = ?", (wa_message_id,))


async def test_what_a_killed_worker_took_along_is_named_and_asked_for_again(
    linked, sandbox, gateway, start_worker, volume
):
    known = await heard(linked, sandbox, gateway, "hello")
    lost = await heard(linked, sandbox, gateway, "1")
    await gateway.until_acknowledged()
    await linked.worker.kill()
    await asyncio.to_thread(forget, volume, lost)
    gateway.frames.clear()
    gateway.events.clear()

    worker = await start_worker()
    await gateway.until(lambda: bool(gateway.sent))
    [stand_in], [asked] = gateway.received, gateway.sent
    assert (stand_in.wa_message_id, stand_in.kind, stand_in.text) == (lost, MessageKind.LOST, "")
    assert stand_in.contact.phone == linked.customer
    assert asked.in_reply_to == lost
    assert "Please send it again" in asked.text
    assert "Please send it again" in (await sandbox.answers(linked.customer, 3))[-1]
    await gateway.until_acknowledged()
    worker.signal(signal.SIGTERM)
    await worker.ended()
    [line] = [line for line in worker.lines if line["event"] == "messages.lost"]
    assert line["ids"] == [lost]
    assert known not in str(line)

    gateway.events.clear()
    await start_worker()
    await heard(linked, sandbox, gateway, "menu")
    assert MessageKind.LOST not in {each.kind for each in gateway.received}, "named once"


async def test_when_everything_was_handed_over_nothing_is_missed(
    linked, sandbox, gateway, start_worker
):
    await heard(linked, sandbox, gateway, "hello")
    content = {"kind": "REACTION", "target": "AC01", "emoji": "👍"}
    body = {"to": linked.phone, "content": content}
    await sandbox.call("POST", f"/customers/{linked.customer}/messages", body)
    body = {"to": linked.phone, "text": "Habari zenu", "chat": "120363000000000001@g.us"}
    await sandbox.call("POST", f"/customers/{linked.customer}/messages", body)
    await gateway.until(lambda: len(gateway.received) == 2)
    await linked.worker.kill()
    gateway.events.clear()
    await start_worker()
    await gateway.until_state(SessionState.CONNECTED)
    await heard(linked, sandbox, gateway, "menu")
    assert MessageKind.LOST not in {each.kind for each in gateway.received}


async def test_past_chats_that_the_phone_hands_over_are_not_taken_for_lost(
    linked, sandbox, gateway, start_worker, volume
):
    shown = await sandbox.call("POST", "/customers", {"name": "Neema", "hides_lid": True})
    past = [{"text": f"past {n}", "at": SystemClock().now().isoformat()} for n in range(5)]
    chats = [{"with": shown["phone_number"], "messages": past}]
    await heard(linked, sandbox, gateway, "hello")
    await sandbox.call("POST", f"/phones/{linked.phone}/history", {"chats": chats})
    async with asyncio.timeout(20):
        while await asyncio.to_thread(_count_past, volume) < len(past):
            await sandbox.call("GET", "/customers")
    await linked.worker.kill()
    gateway.events.clear()
    await start_worker()
    await gateway.until_state(SessionState.CONNECTED)
    await heard(linked, sandbox, gateway, "menu")
    assert MessageKind.LOST not in {each.kind for each in gateway.received}


def _count_past(volume):
    """Of those who are known by their number, the library has heard nothing else."""
    with closing(sqlite3.connect(f"file:{volume}/session.db?mode=ro", uri=True)) as db:
        query = "SELECT count(*) FROM whatsmeow_message_secrets WHERE chat_jid LIKE '%whatsapp.net'"
        return db.execute(query).fetchone()[0]


async def test_what_arrives_twice_and_is_known_is_not_taken_for_lost(
    linked, sandbox, gateway, volume
):
    await heard(linked, sandbox, gateway, "hello")
    await sandbox.call("PUT", f"/phones/{linked.phone}/faults", {"duplicate": {"every": 1}})
    twice = await heard(linked, sandbox, gateway, "1")
    async with asyncio.timeout(20):
        while not any(f"Ignoring message {twice}" in str(line) for line in linked.worker.lines):
            await sandbox.call("GET", "/customers")
    await heard(linked, sandbox, gateway, "menu")
    assert await asyncio.to_thread(_count_awaited, volume) == 0


def _count_awaited(volume):
    with closing(sqlite3.connect(f"file:{volume}/worker.db?mode=ro", uri=True)) as db:
        return db.execute("SELECT count(*) FROM unread").fetchone()[0]
