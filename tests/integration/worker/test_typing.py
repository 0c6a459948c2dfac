"""What a customer sees before a queued message comes: the real library and the sandbox."""

import pytest

from shared.wire.events import MessageSent
from tests.integration.worker.queueing import UNPACED, queued

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def worker_settings():
    return UNPACED | {"outbound_typing_shortest": "0.5", "outbound_typing_longest": "0.5"}


@pytest.mark.parametrize("has_written", [True, False])
async def test_somebody_types_and_then_the_message_is_there(linked, sandbox, gateway, has_written):
    if has_written:
        await sandbox.write(linked.customer, linked.phone, "hello")
        await sandbox.answers(linked.customer, 1)
    await gateway.send(queued(1, linked.customer, "your table is ready"))
    await gateway.until(lambda: any(_is_queued(each) for each in gateway.sent))
    before = 1 if has_written else 0
    assert len(await sandbox.answers(linked.customer, before + 1)) == before + 1
    inbox = await sandbox.call("GET", f"/customers/{linked.customer}/messages")
    assert inbox["typed"][0] == {"from": linked.phone, "is_typing": True, "received": before}
    assert [each["is_typing"] for each in inbox["typed"]] == [True, False]


def _is_queued(event: MessageSent) -> bool:
    return event.outbound_id is not None
