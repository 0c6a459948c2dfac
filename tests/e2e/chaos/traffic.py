"""Customers who write at a steady rate and watch their phones, each on threads of its own."""

import time
from threading import Event, Lock, Thread
from typing import Self

import httpx
import msgspec

from tests.e2e.chaos.evidence import Dropped, Received, Sent

LOOK = 10  # seconds that a phone is watched in one call
RETRY = 0.1


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    tenant_id: str
    tenant_phone: str


class Writers:
    """Every customer writes until it is left. What the sandbox surely did not take is left out."""

    def __init__(
        self, sandbox: httpx.Client, customers: list[Customer], *, label: str, interval: float
    ) -> None:
        self._sandbox = sandbox
        self._label = label
        self._interval = interval
        self._stop = Event()
        self._lock = Lock()
        self._sent: list[Sent] = []
        self._threads = [Thread(target=self._write, args=each) for each in enumerate(customers)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def sent(self) -> list[Sent]:
        with self._lock:
            return list(self._sent)

    def _write(self, place: int, customer: Customer) -> None:
        # Spread over the interval: customers do not write in step.
        self._stop.wait(self._interval * place / len(self._threads))
        number = 0
        while not self._stop.wait(self._interval):
            number += 1
            text = f"message {self._label}-{place}-{number}"
            taken, wa_message_id = self._try_to_write(customer, text)
            if not taken:
                continue
            sent = Sent(
                text=text,
                tenant_id=customer.tenant_id,
                customer=customer.number,
                number=number,
                wa_message_id=wa_message_id,
                at=time.time(),
            )
            with self._lock:
                self._sent.append(sent)

    def _try_to_write(self, customer: Customer, text: str) -> tuple[bool, str | None]:
        """Whether the sandbox may have taken it, and its id where that is sure."""
        try:
            answer = self._sandbox.post(
                f"/customers/{customer.number}/messages",
                json={"to": customer.tenant_phone, "text": text},
            )
            answer.raise_for_status()
        except httpx.ConnectError:
            return False, None
        except httpx.HTTPError:
            return True, None
        return True, str(answer.json()["id"])


class Phones:
    """What the customers' phones show, and when it was first seen there."""

    def __init__(self, sandbox: httpx.Client, customers: list[Customer]) -> None:
        self._sandbox = sandbox
        self._stop = Event()
        self._lock = Lock()
        self._received: list[Received] = []
        self._dropped: set[tuple[str, str]] = set()
        # Daemons: the last look of each may hang for as long as a look takes.
        self._threads = [
            Thread(target=self._watch, args=[each.number], daemon=True) for each in customers
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._stop.set()

    def received_after(self, at: float) -> list[Received]:
        with self._lock:
            return [item for item in self._received if item.at >= at]

    @property
    def dropped(self) -> list[Dropped]:
        with self._lock:
            return [Dropped(customer=customer, id=name) for customer, name in self._dropped]

    def _watch(self, number: str) -> None:
        seen = 0
        while not self._stop.is_set():
            try:
                answer = self._sandbox.get(
                    f"/customers/{number}/messages", params={"after": seen, "wait": LOOK}
                )
                answer.raise_for_status()
            except httpx.HTTPError:
                self._stop.wait(RETRY)  # the sandbox is down, as some faults have it
                continue
            inbox = answer.json()
            seen = max([seen, *(item["n"] for item in inbox["items"])])
            self._keep(number, inbox)

    def _keep(self, number: str, inbox: dict[str, list]) -> None:
        now = time.time()
        with self._lock:
            self._received += [
                Received(customer=number, id=item["id"], sender=item["from"], at=now)
                for item in inbox["items"]
            ]
            self._dropped |= {(number, name) for name in inbox["dropped"]}
