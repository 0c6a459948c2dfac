"""WhatsApp as the worker's rooms see it: the client's port, with a server's memory behind it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

from shared.wire.events import Party
from worker.whatsapp.neonize_client import Sent
from worker.whatsapp.translate import read_content


class FakeClient:
    """delivered: the words that each contact received, in order. `failures` answers next sends."""

    def __init__(self) -> None:
        self.delivered: dict[str, list[str]] = defaultdict(list)
        self.failures: list[Exception] = []
        self.rounds = 0
        self.in_round = False
        self.starts: asyncio.Queue[int] = asyncio.Queue()
        self.stops: asyncio.Queue[int] = asyncio.Queue()
        self.obstacle = ""
        self.pairings: list[str] = []  # numbers for which a code was asked
        self.unsettled = 0
        self.is_held = False
        self.known: dict[str, Party] = {}
        self.sending = 0
        self.most_sending = 0
        self.strangers: set[str] = set()  # phones that have no account
        self.session_is_stored = False
        self.log_outs: list[str] = []  # what the next ones answer
        self.logged_out = 0
        self.before_delivery: Callable[[], None] = lambda: None

    def start_round(self) -> None:
        assert not self.in_round, "stop the round before"
        self.rounds += 1
        self.in_round = True
        self.starts.put_nowait(self.rounds)

    async def find_obstacle(self) -> str:
        return self.obstacle

    async def has_session(self) -> bool:
        return self.session_is_stored

    async def log_out(self) -> str:
        assert self.in_round, "there is no connection"
        self.logged_out += 1
        return self.log_outs.pop(0) if self.log_outs else ""

    async def stop_round(self) -> None:
        self.in_round = False
        self.stops.put_nowait(self.rounds)

    def request_pairing_code(self, phone_number: str) -> None:
        assert self.in_round, "there is nobody to ask"
        self.pairings.append(phone_number)

    async def settled(self, count: int) -> None:
        self.unsettled -= count

    def hold(self) -> None:
        self.is_held = True

    def resume(self) -> None:
        self.is_held = False

    async def is_on_whatsapp(self, phone: str) -> bool:
        return phone not in self.strangers

    async def complete(self, contact: Party) -> Party:
        return self.known.get(contact.number, contact)

    async def send(self, to: Party, message: bytes) -> Sent:
        self.sending += 1
        self.most_sending = max(self.most_sending, self.sending)
        try:
            await asyncio.sleep(0)
            if self.failures:
                raise self.failures.pop(0)
            self.before_delivery()
            self.deliver(to, message)
        finally:
            self.sending -= 1
        count = sum(map(len, self.delivered.values()))
        return Sent(f"SENT{count}", datetime(2026, 11, 23, 8, 0, tzinfo=UTC))

    def deliver(self, to: Party, message: bytes) -> None:
        content = read_content(message)
        assert content is not None, "a phone would show nothing"
        self.delivered[to.number].append(content[1])
