"""The real process, the real client library, the sandbox's WhatsApp."""

import asyncio
import signal
import sqlite3
from contextlib import suppress
from datetime import timedelta

import pytest

from shared.enums import ExitCode, Language, SessionReason, SessionState, TemplateType
from shared.structs.tenants import TenantConfig
from shared.wire.frames import (
    PAIRING_CODE,
    Command,
    CommandResult,
    Config,
    Heartbeat,
    LogLines,
    SessionReport,
    Superseded,
)
from tests.fakes.inbound import message
from worker.uplink import event_rows

pytestmark = pytest.mark.timeout(120)


async def test_a_code_is_shown_with_its_life_and_its_number(start_worker, gateway):
    await start_worker()
    report = await gateway.until_state(SessionState.QR_READY)
    assert report.qr.startswith("https://wa.me/")
    assert (report.qr_attempt, report.qr_attempts) == (1, 6)
    assert report.qr_expires_at is not None


async def test_a_phone_is_linked_by_a_code_that_is_typed_on_it(start_worker, sandbox, gateway):
    worker = await start_worker()
    phone, other = await sandbox.phone(), await sandbox.phone()
    await gateway.until_state(SessionState.QR_READY)
    await gateway.send(Command(id="c1", kind=PAIRING_CODE, phone_number=phone))
    await gateway.until(lambda: gateway.session.pairing_code is not None)
    report = gateway.session
    assert (report.pairing_phone, report.state) == (phone, SessionState.QR_READY)
    # As long as its round: the first QR's minute and five times twenty seconds.
    rest = report.pairing_expires_at - report.qr_expires_at
    assert rest == timedelta(seconds=100)
    assert await sandbox.refuses_code(other, report.pairing_code) == (
        f"no client shows a code for {other}"
    )
    wrong = ("2" if report.pairing_code[0] == "1" else "1") + report.pairing_code[1:]
    assert await sandbox.refuses_code(phone, wrong) == "the code is wrong"
    # As a person types it: small, and without the dash.
    await sandbox.pair(phone, report.pairing_code.replace("-", "").lower())
    linked = await gateway.until_state(SessionState.CONNECTED)
    assert (linked.own_phone, linked.pairing_code) == (phone, None)
    customer = await sandbox.customer()
    await sandbox.write(customer, phone, "hello")
    assert len(await sandbox.answers(customer, 1)) == 1
    said = str(worker.lines) + str(gateway.of(LogLines))
    assert report.pairing_code not in said
    assert report.pairing_code.replace("-", "") not in said


async def test_a_new_code_makes_the_older_one_worthless(start_worker, sandbox, gateway):
    await start_worker()
    phone = await sandbox.phone()
    codes = []
    await gateway.until_state(SessionState.QR_READY)
    for number in range(2):
        await gateway.send(Command(id=f"c{number}", kind=PAIRING_CODE, phone_number=phone))
        await gateway.until(lambda: gateway.session.pairing_code not in {None, *codes})
        codes.append(gateway.session.pairing_code)
    assert await sandbox.refuses_code(phone, codes[0]) == "the code is wrong"
    await sandbox.pair(phone, codes[1])
    await gateway.until_state(SessionState.CONNECTED)


async def test_a_code_of_a_worker_that_went_away_has_expired(start_worker, sandbox, gateway):
    worker = await start_worker()
    phone = await sandbox.phone()
    await gateway.until_state(SessionState.QR_READY)
    await gateway.send(Command(id="c1", kind=PAIRING_CODE, phone_number=phone))
    await gateway.until(lambda: gateway.session.pairing_code is not None)
    code = gateway.session.pairing_code
    worker.signal(signal.SIGTERM)
    await worker.ended()
    # The sandbox may learn of the worker's end after it is asked, and then waits for an answer.
    while "has expired" not in (said := await sandbox.refuses_code(phone, code)):
        assert "did not answer" in said


async def test_a_number_that_gets_no_code_is_named_and_the_qr_stays(start_worker, sandbox, gateway):
    await start_worker()
    await gateway.until_state(SessionState.QR_READY)
    await gateway.send(Command(id="c1", kind=PAIRING_CODE, phone_number="+255700999999"))
    await gateway.until(lambda: gateway.session.reason is SessionReason.PAIRING_REFUSED)
    report = gateway.session
    assert (report.state, report.pairing_code) == (SessionState.QR_READY, None)
    assert "+255700999999" in report.detail
    phone = await sandbox.phone()
    await sandbox.scan(phone, report.qr)
    await gateway.until_state(SessionState.CONNECTED)


@pytest.mark.parametrize("by", ["scan", "code"])
async def test_a_link_that_wants_a_passkey_is_named(start_worker, sandbox, gateway, by):
    await start_worker()
    phone = await sandbox.phone()
    await sandbox.call("PUT", f"/phones/{phone}/passkey-demand", {"wanted": True})
    report = await gateway.until_state(SessionState.QR_READY)
    if by == "scan":
        problem = await sandbox.refuses(phone, "scan", {"qr": report.qr})
    else:
        await gateway.send(Command(id="c1", kind=PAIRING_CODE, phone_number=phone))
        await gateway.until(lambda: gateway.session.pairing_code is not None)
        problem = await sandbox.refuses_code(phone, gateway.session.pairing_code)
    assert "passkey" in problem
    report = await gateway.until_state(SessionState.QR_EXPIRED)
    assert (report.reason, report.qr) == (SessionReason.PASSKEY_REQUIRED, None)


async def test_a_scanned_phone_is_linked_and_its_customer_answered(linked, sandbox, gateway):
    message_id = await sandbox.write(linked.customer, linked.phone, "hello")
    [answer] = await sandbox.answers(linked.customer, 1)
    await gateway.until(lambda: len(gateway.events) == 2)
    [received], [sent] = gateway.received, gateway.sent
    assert "welcome to Salon Amani" in answer
    assert (received.wa_message_id, received.text) == (message_id, "hello")
    assert received.contact.phone == linked.customer
    assert received.contact.lid.endswith("@lid")
    assert received.own_phone == linked.phone == gateway.session.own_phone
    assert (sent.in_reply_to, sent.text) == (message_id, answer)


async def test_a_burst_of_many_customers_is_answered_once_each_in_order(linked, sandbox, gateway):
    customers = [linked.customer] + [await sandbox.customer(f"C{n}") for n in range(4)]

    async def write_all(customer):
        return [await sandbox.write(customer, linked.phone, f"text {n}") for n in range(20)]

    written = await asyncio.gather(*[write_all(customer) for customer in customers])
    for customer in customers:
        assert len(await sandbox.answers(customer, 20)) == 20
    await gateway.until(lambda: len(gateway.sent) == 100)
    for customer, ids in zip(customers, written, strict=True):
        theirs = [e for e in gateway.received if e.contact.phone == customer]
        answered = [e.in_reply_to for e in gateway.sent if e.contact.phone == customer]
        assert [e.wa_message_id for e in theirs] == ids == answered


async def test_a_killed_worker_comes_back_without_a_scan_and_loses_no_message(
    linked, sandbox, gateway, start_worker
):
    await sandbox.write(linked.customer, linked.phone, "hello")
    await sandbox.answers(linked.customer, 1)
    await linked.worker.kill()
    missed = await sandbox.write(linked.customer, linked.phone, "2")
    gateway.frames.clear()
    await start_worker()
    await gateway.until_state(SessionState.CONNECTED)
    assert len(await sandbox.answers(linked.customer, 2)) == 2
    await gateway.until(lambda: any(e.in_reply_to == missed for e in gateway.sent))
    assert len(gateway.received) == 2


async def test_killed_in_the_middle_of_bursts_it_logs_each_message_once_and_answers_at_most_once(
    linked, sandbox, gateway, start_worker
):
    written, worker = [], linked.worker
    for burst in range(3):
        for n in range(8):
            text = f"burst {burst} text {n}"
            written.append(await sandbox.write(linked.customer, linked.phone, text))
        enough = 8 * burst + 3
        await gateway.until(lambda enough=enough: len(gateway.received) >= enough)
        await worker.kill()
        gateway.frames.clear()
        worker = await start_worker()
        await gateway.until_state(SessionState.CONNECTED)
    lost = await _lost_with_the_library(gateway, written)
    kept = [message_id for message_id in written if message_id not in lost]
    assert [event.wa_message_id for event in gateway.received] == kept
    last = await sandbox.write(linked.customer, linked.phone, "the last")
    await gateway.until(lambda: any(event.in_reply_to == last for event in gateway.sent))
    answered = [event.in_reply_to for event in gateway.sent]
    assert len(answered) == len(set(answered)) <= len(written) + 1
    assert len(await sandbox.answers(linked.customer, len(answered))) <= len(written) + 1
    if lost:
        # Not done, and said in docs/reliability.md: the library tells WhatsApp that it has a
        # message before it hands it to us. All the rest was asserted above, and more is a failure.
        assert len(lost) <= 3, "more than one for each kill"
        pytest.xfail(f"{len(lost)} messages went with the killed library")


async def _lost_with_the_library(gateway, written):
    """The messages of `written` that do not come, however long one waits."""
    with suppress(TimeoutError):
        await gateway.until(lambda: len(gateway.received) >= len(written), within=30)
    return set(written) - {event.wa_message_id for event in gateway.received}


async def test_what_happened_while_the_gateway_was_away_arrives_afterwards(
    linked, sandbox, gateway
):
    await gateway.stop()
    await sandbox.write(linked.customer, linked.phone, "hello")
    assert len(await sandbox.answers(linked.customer, 1)) == 1
    await gateway.start()
    await gateway.until(lambda: len(gateway.events) == 2)


BACKLOG = 10_000


async def test_a_backlog_holds_up_neither_answers_nor_heartbeats_nor_commands(
    linked, sandbox, gateway, tmp_path
):
    await gateway.stop()
    await asyncio.to_thread(_store_backlog, tmp_path / "data" / "worker.db")
    gateway.commit_takes = 0.3
    gateway.frames.clear()
    await gateway.start()
    await gateway.until(lambda: bool(gateway.events))
    await gateway.send(Command(id="c1", kind="new_qr_round"))
    await sandbox.write(linked.customer, linked.phone, "hello")
    assert len(await sandbox.answers(linked.customer, 1)) == 1
    await gateway.until(lambda: bool(gateway.of(CommandResult)))
    beats = len(gateway.of(Heartbeat))
    await gateway.until(lambda: len(gateway.of(Heartbeat)) >= beats + 5)
    assert len(gateway.events) < BACKLOG, "it was too quick to say anything"
    gateway.commit_takes = 0
    await gateway.until(lambda: len(gateway.events) == BACKLOG + 2)
    assert gateway.deliveries == sorted(set(gateway.deliveries))


def _store_backlog(file):
    db = sqlite3.connect(file, timeout=10)
    with db:
        for number in range(BACKLOG):
            event_rows.append(db, message(f"-backlog-{number}"))
    db.close()


async def test_without_the_gateway_the_last_configuration_answers(
    linked, sandbox, gateway, start_worker
):
    linked.worker.signal(signal.SIGTERM)
    await linked.worker.ended()
    await gateway.stop()
    await sandbox.write(linked.customer, linked.phone, "hello")
    await start_worker()
    [answer] = await sandbox.answers(linked.customer, 1)
    assert "Salon Amani" in answer
    await gateway.start()
    await gateway.until(lambda: len(gateway.events) == 2)


async def test_a_new_configuration_answers_at_once(linked, sandbox, gateway):
    changed = TenantConfig(
        template_type=TemplateType.SUPPORT, business_name="Duka", language=Language.SW
    )
    await gateway.send(Config(config=changed))
    await gateway.until(lambda: any("config.applied" in str(f) for f in gateway.of(LogLines)[1:]))
    await sandbox.write(linked.customer, linked.phone, "habari")
    [answer] = await sandbox.answers(linked.customer, 1)
    assert answer.startswith("Habari! Karibu Duka.")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_a_signal_in_a_burst_drains_and_ends_with_0(
    linked, sandbox, gateway, start_worker, number
):
    for n in range(10):
        await sandbox.write(linked.customer, linked.phone, f"text {n}")
    await gateway.until(lambda: len(gateway.received) >= 1)
    linked.worker.signal(number)
    assert await linked.worker.ended() == ExitCode.WANTED
    await gateway.until(lambda: gateway.session.reason is SessionReason.WORKER_STOPPED)
    await start_worker()
    assert len(await sandbox.answers(linked.customer, 10)) == 10
    await gateway.until(lambda: len(gateway.sent) == 10)
    assert [e.in_reply_to for e in gateway.sent] == [e.wa_message_id for e in gateway.received]


async def test_a_cut_connection_heals_by_itself(linked, sandbox, gateway):
    gateway.frames.clear()
    await sandbox.call("POST", f"/phones/{linked.phone}/disconnect")
    await gateway.until_state(SessionState.CONNECTED)
    await sandbox.write(linked.customer, linked.phone, "hello")
    assert len(await sandbox.answers(linked.customer, 1)) == 1


async def test_a_removed_device_offers_a_new_code_and_links_again(linked, sandbox, gateway):
    [device] = (await sandbox.call("GET", f"/phones/{linked.phone}"))["devices"]
    await sandbox.call("DELETE", f"/phones/{linked.phone}/devices/{device['device']}")
    await gateway.until(
        lambda: SessionState.LOGGED_OUT in {each.state for each in gateway.of(SessionReport)}
    )
    report = await gateway.until_state(SessionState.QR_READY)
    await sandbox.scan(linked.phone, report.qr)
    await gateway.until_state(SessionState.CONNECTED)
    await sandbox.write(linked.customer, linked.phone, "hello")
    assert len(await sandbox.answers(linked.customer, 1)) == 1


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (401, SessionState.LOGGED_OUT),
        (402, SessionState.BANNED),
        (405, SessionState.OUTDATED),
        (503, SessionState.DISCONNECTED),
    ],
)
async def test_a_refused_login_is_named(linked, sandbox, gateway, reason, state):
    gateway.frames.clear()
    await sandbox.call("PUT", f"/phones/{linked.phone}/login-refusal", {"reason": reason})
    await sandbox.call("POST", f"/phones/{linked.phone}/disconnect")
    await gateway.until(lambda: any(getattr(f, "state", None) is state for f in gateway.frames))
    report = next(f for f in gateway.of(SessionReport) if f.state is state)
    assert (report.ban_ends_at is not None) == (state is SessionState.BANNED)


@pytest.mark.usefixtures("linked")
async def test_a_scan_is_told_at_once(gateway):
    told = [report.reason for report in gateway.of(SessionReport)]
    assert told.index(SessionReason.LOGGING_IN) < told.index(SessionReason.LINKED)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        # The library ends its round over a code it does not know, and tries nothing more.
        pytest.param(463, SessionReason.REFUSED, id="a code the library does not know"),
        # It tries again by itself, and never says why.
        pytest.param(503, SessionReason.LOGIN_LOST, id="a server in trouble"),
    ],
)
async def test_a_refusal_that_ends_is_found_to_have_ended(linked, sandbox, gateway, code, reason):
    gateway.frames.clear()
    refusal = {"reason": code, "times": 2}
    await sandbox.call("PUT", f"/phones/{linked.phone}/login-refusal", refusal)
    await sandbox.call("POST", f"/phones/{linked.phone}/disconnect")
    await gateway.until(lambda: any(f.reason is reason for f in gateway.of(SessionReport)))
    await gateway.until_state(SessionState.CONNECTED)
    await sandbox.write(linked.customer, linked.phone, "hello")
    assert len(await sandbox.answers(linked.customer, 1)) == 1


async def test_a_raised_session_generation_begins_a_new_session(linked, gateway, start_worker):
    linked.worker.signal(signal.SIGTERM)
    await linked.worker.ended()
    gateway.frames.clear()
    await start_worker(session_generation="1")
    report = await gateway.until_state(SessionState.QR_READY)
    assert report.own_phone is None


async def test_a_wrong_token_ends_with_64_and_says_why(start_worker):
    worker = await start_worker(token="stolen")
    assert await worker.ended() == ExitCode.CONFIGURATION
    last = worker.lines[-1]
    assert (last["event"], last["code"]) == ("worker.exited", ExitCode.CONFIGURATION)
    assert "this token is not known" in last["reason"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"token": None}, "no token for the gateway is on the volume"),
        ({"tokn": "x"}, "FLOWHQ_TOKN is not a setting"),
        ({"data_dir": "/nowhere/at/all"}, "volume cannot be used"),
        ({"gateway_url": "http://x"}, "no WebSocket URL"),
    ],
    ids=["missing", "misspelt", "no volume", "no WebSocket"],
)
async def test_wrong_settings_end_with_64_and_are_named(start_worker, settings, words):
    worker = await start_worker(**settings)
    assert await worker.ended() == ExitCode.CONFIGURATION
    assert worker.lines[-1]["event"] == "worker.exited"
    assert words in worker.lines[-1]["reason"]


async def test_a_second_worker_on_the_volume_ends_with_75_and_names_the_first(
    start_worker, gateway
):
    first = await start_worker()
    await gateway.until(lambda: bool(gateway.frames))
    second = await start_worker()
    assert await second.ended() == ExitCode.SESSION_LOCKED
    assert f"process {first.pid}" in second.lines[-1]["reason"]


async def test_a_heartbeat_says_what_the_volume_holds(start_worker, gateway):
    await start_worker()
    await gateway.until(lambda: bool(gateway.of(Heartbeat)))
    assert gateway.of(Heartbeat)[-1].disk_bytes > 1_000


async def test_a_superseded_worker_stops_quietly(start_worker, gateway):
    worker = await start_worker()
    await gateway.until(lambda: bool(gateway.of(Heartbeat)))
    await gateway.send(Superseded())
    assert await worker.ended() == ExitCode.WANTED


async def test_heartbeats_carry_state_depth_and_memory(linked, sandbox, gateway):
    gateway.acknowledging = False
    await sandbox.write(linked.customer, linked.phone, "hello")
    await gateway.until(lambda: any(f.outbox_depth == 2 for f in gateway.of(Heartbeat)))
    beat = gateway.of(Heartbeat)[-1]
    assert beat.session is SessionState.CONNECTED
    assert beat.memory_bytes > 10_000_000
    assert beat.inbound_age >= 0


async def test_a_round_cannot_begin_while_a_code_is_shown(start_worker, gateway):
    await start_worker()
    await gateway.until_state(SessionState.QR_READY)
    await gateway.send(Command(id="c1", kind="new_qr_round"))
    await gateway.until(lambda: bool(gateway.of(CommandResult)))
    [result] = gateway.of(CommandResult)
    assert (result.id, result.ok) == ("c1", False)


async def test_no_body_code_or_token_reaches_the_log(linked, sandbox, gateway):
    await sandbox.write(linked.customer, linked.phone, "my secret canary")
    await sandbox.answers(linked.customer, 1)
    lines = str(linked.worker.lines) + str(gateway.of(LogLines))
    codes = [f.qr for f in gateway.frames if getattr(f, "qr", None)]
    assert "canary" not in lines
    assert "welcome to" not in lines
    assert not any(code in lines for code in codes)
    assert all(line["tenant_id"] for line in linked.worker.lines)
