"""Customers who write at a steady rate and watch their phones, and programs of the tenants that
queue messages to them, each on threads of its own.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any, Self

import httpx
import msgspec

from tests.e2e.chaos.evidence import Dropped, Queued, Received, Sent

LOOK = 10  # seconds that a phone is watched in one call
RETRY = 0.1
QUEUE_EVERY = 0.8  # seconds between two messages of a tenant's program
QUEUE_PATIENCE = 60.0  # how long the API may be away
# Of nine messages of a program: one nobody can receive, two are late, two are taken back.
TURN = 9
TO_NOBODY, EXPIRING, CANCELLED = {8}, {2, 6}, {1, 5}
NOBODY = "+255710999999"  # a possible number that no phone of the sandbox has
LIFE = timedelta(seconds=1.5)


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
                at=time.time(),  # noqa: TID251  the platform's clock is real
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


class Programs:
    """Each tenant's program queues messages until it is left, each until the API says that it has
    it: under one idempotency key, however often that takes.
    """

    def __init__(
        self,
        call: Callable[..., Any],
        customers: list[Customer],
        *,
        label: str,
    ) -> None:
        self._call = call
        self._label = label
        self._stop = Event()
        self._lock = Lock()
        self._queued: list[Queued] = []
        self._failed: list[Exception] = []
        by_tenant: dict[str, list[Customer]] = {}
        for customer in customers:
            by_tenant.setdefault(customer.tenant_id, []).append(customer)
        self._threads = [
            Thread(target=self._run, args=(place, tenant_id, own))
            for place, (tenant_id, own) in enumerate(by_tenant.items())
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def queued(self) -> list[Queued]:
        """Raises what kept a program from queueing."""
        with self._lock:
            if self._failed:
                raise self._failed[0]
            return list(self._queued)

    def _run(self, place: int, tenant_id: str, customers: list[Customer]) -> None:
        number = place  # the programs are not in step
        try:
            while not self._stop.wait(QUEUE_EVERY):
                number += 1
                to = NOBODY if number % TURN in TO_NOBODY else customers[number % len(customers)]
                self._queue(tenant_id, to, number, text=f"queued {self._label}-{place}-{number}")
        except Exception as error:  # noqa: BLE001  raised where the round asks
            with self._lock:
                self._failed.append(error)

    def _queue(self, tenant_id: str, to: Customer | str, number: int, *, text: str) -> None:
        phone = to if isinstance(to, str) else to.number
        body = {"to": phone, "text": text}
        if number % TURN in EXPIRING:
            body["expires_at"] = (_now() + LIFE).isoformat()
        path = f"/admin/tenants/{tenant_id}/messages"
        taken = self._call_patiently(
            "POST", path, json=body, headers={"Idempotency-Key": text.replace(" ", "-")}
        )
        if taken is None:
            return  # too late by the time the API was there again: it was never taken
        with self._lock:
            self._queued.append(Queued(id=taken["id"], text=text, tenant_id=tenant_id, to=phone))
        if number % TURN in CANCELLED:
            self._call_patiently("POST", f"{path}/{taken['id']}/cancel")

    def _call_patiently(self, method: str, path: str, **options: Any) -> Any:
        """What the API answers once it is there; None for a refusal."""
        deadline = time.monotonic() + QUEUE_PATIENCE
        while True:
            try:
                return self._call(method, path, **options)
            except httpx.HTTPStatusError as error:
                if error.response.status_code in {400, 409}:
                    return None
                if not error.response.is_server_error or time.monotonic() > deadline:
                    raise
            except (httpx.HTTPError, OSError):
                if time.monotonic() > deadline:
                    raise
            time.sleep(RETRY)  # noqa: TID251  a poll of another process


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  the control plane's clock is this machine's


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
        now = time.time()  # noqa: TID251  the platform's clock is real
        with self._lock:
            self._received += [
                Received(
                    customer=number,
                    id=item["id"],
                    sender=item["from"],
                    text=item["text"],
                    at=now,
                )
                for item in inbox["items"]
            ]
            self._dropped |= {(number, name) for name in inbox["dropped"]}
