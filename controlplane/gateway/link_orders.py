"""Does what members asked of their worker's link in the portal."""

import asyncio
from datetime import timedelta

import structlog

from controlplane.containment import contained
from controlplane.services.acting import Caller, Instruct, Wake
from controlplane.services.request_pairing_code import request_pairing_code
from controlplane.services.request_qr_round import request_qr_round
from controlplane.services.set_number import follow_number
from shared.clock import Clock
from shared.db.listening import ASKED, Listener
from shared.enums import CallerKind, LinkWish
from shared.errors import PermanentError, TransientError
from shared.stores import link_requests
from shared.stores.link_requests import LinkOrder
from shared.structs.sessions import PairingCodeInput
from shared.tasks import TaskGroup

log = structlog.get_logger(__name__)

# For what the database told while nobody listened.
LOOK_EVERY = timedelta(seconds=15)
# Whoever may speak to the database may say at any rate that somebody asked.
PACE = timedelta(milliseconds=100)
# In the audit log, as who asked: the portal knows which member it was.
CALLER = Caller(kind=CallerKind.PORTAL, name="portal", address="")


class LinkOrders:
    def __init__(self, instruct: Instruct, *, reconcile: Wake, clock: Clock) -> None:
        self._instruct = instruct
        self._reconcile = reconcile
        self._clock = clock
        self._wake = asyncio.Event()

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        while True:
            self._wake.clear()
            try:
                async with contained("link orders"):
                    await self.run_once()
            except TransientError as error:
                log.warning("link_orders.postponed", error=str(error))
            await asyncio.sleep(PACE.total_seconds())
            try:
                async with asyncio.timeout(LOOK_EVERY.total_seconds()):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def run_once(self) -> None:
        for order in await link_requests.take_all(now=self._clock.now()):
            try:
                async with contained("link order", order.tenant_id):
                    await self._do(order)
            except PermanentError as error:
                # The link's own state, which the page shows, says the rest.
                log.info(
                    "link_order.refused",
                    tenant_id=order.tenant_id,
                    wish=order.wish,
                    reason=str(error),
                )

    async def _do(self, order: LinkOrder) -> None:
        match order.wish:
            case LinkWish.QR_ROUND:
                await request_qr_round(order.tenant_id, caller=CALLER, instruct=self._instruct)
            case LinkWish.PAIRING_CODE:
                await request_pairing_code(
                    order.tenant_id,
                    PairingCodeInput(),
                    caller=CALLER,
                    instruct=self._instruct,
                    clock=self._clock,
                )
            case LinkWish.NEW_NUMBER:
                await follow_number(
                    order.tenant_id,
                    caller=CALLER,
                    wake=self._reconcile,
                    instruct=self._instruct,
                )


async def serve_link_orders(url: str, instruct: Instruct, *, reconcile: Wake, clock: Clock) -> None:
    """Until cancelled: does what is asked as soon as the database tells of it."""
    orders = LinkOrders(instruct, reconcile=reconcile, clock=clock)
    listener = Listener(url, ASKED, changed=lambda _: orders.wake(), missed=orders.wake)
    async with TaskGroup() as tasks:
        tasks.supervise("link listener", listener.run())
        tasks.supervise("link orders", orders.run())
        await tasks.join()
