"""What a business sets is followed from the next answer on, without a restart; and after one."""

from datetime import timedelta

import msgspec

from shared.clock import SystemClock
from shared.enums import Topic, WhenClosed
from shared.structs.tenants import BotTexts, Holiday
from shared.wire.frames import Config
from tests.fakes.worker_gateway import CONFIG
from tests.integration.worker.conftest import find_rows

DAY = timedelta(days=1)


def on_holiday() -> Holiday:
    today = SystemClock().now().date()
    # Whatever day it is in the zone of the business; and its end is not tomorrow there.
    return Holiday(name="Likizo", first=today - DAY, last=today + 2 * DAY)


async def tell(gateway, worker, **changes):
    """Until the worker has taken it."""
    before = count_applied(worker)
    gateway.config = msgspec.structs.replace(CONFIG, **changes)
    await gateway.send(Config(config=gateway.config))
    await gateway.until(lambda: count_applied(worker) > before)


def count_applied(worker) -> int:
    return sum(line["event"] == "config.applied" for line in worker.lines)


async def test_own_words_and_the_closed_answer_reach_the_next_customer(
    linked, sandbox, gateway, volume
):
    customer, phone = linked.customer, linked.phone
    await sandbox.write(customer, phone, "Hello")
    assert "welcome to Salon Amani" in (await sandbox.answers(customer, 1))[0]
    own = BotTexts(
        closed="Likizo! Tunarudi {opens}.",
        titles={Topic.SERVICES: "Kusuka na kucha"},
        answers={Topic.SERVICES: "Rasta ni 20,000."},
    )
    await tell(gateway, linked.worker, texts=own)
    await sandbox.write(customer, phone, "kusuka na kucha")
    assert (await sandbox.answers(customer, 2))[1] == "Rasta ni 20,000."
    closed = {"texts": own, "holidays": [on_holiday()], "when_closed": WhenClosed.TELL_ONLY}
    await tell(gateway, linked.worker, **closed)
    await sandbox.write(customer, phone, "Hello?")
    assert (await sandbox.answers(customer, 3))[2].startswith("Likizo! Tunarudi on ")
    written = await sandbox.write(customer, phone, "Anybody there?")
    query = "SELECT 1 FROM inbox WHERE wa_message_id = ? AND state = 'SKIPPED'"
    await find_rows(gateway, volume / "worker.db", query, written)
    await tell(gateway, linked.worker, texts=own)
    await sandbox.write(customer, phone, "menu")
    answers = await sandbox.answers(customer, 4)
    assert len(answers) == 4, "nobody is told twice that the business is closed"
    assert "1. Kusuka na kucha" in answers[3]


async def test_what_was_set_is_followed_after_a_restart_that_nobody_sees(
    linked, start_worker, sandbox, gateway
):
    await tell(
        gateway,
        linked.worker,
        holidays=[on_holiday()],
        when_closed=WhenClosed.TELL_ONLY,
        texts=BotTexts(closed="Tumefunga."),
    )
    await linked.worker.kill()
    await gateway.stop()
    await start_worker()
    await sandbox.write(linked.customer, linked.phone, "Hello")
    assert await sandbox.answers(linked.customer, 1) == ["Tumefunga."]
