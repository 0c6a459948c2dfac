"""A phone's faults: scripts that hold until they are taken back, and single strikes."""

from datetime import timedelta
from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.params import Parameter

from sandbox.control.inputs import StrikeInput, digits
from sandbox.control.phones import LongestWait
from sandbox.control.views import FaultsView
from sandbox.exchange import Exchange
from sandbox.faults.faults import Faults
from sandbox.faults.script import NO_FAULTS, FaultScript
from sandbox.services.strike import strike


class FaultsController(Controller):
    path = "/phones/{number:str}"
    tags = ("faults",)

    @get("/faults", summary="The script in force")
    async def show(
        self,
        number: str,
        exchange: Exchange,
        counted: str = "",
        times: Annotated[int, Parameter(ge=1)] = 1,
        wait: LongestWait = 0,
    ) -> FaultsView:
        """Waits up to `wait` seconds until the count named `counted` is at least `times`."""
        faults = _faults(exchange, number)
        await faults.changed.until(
            lambda: faults.counts.get(counted, 0) >= times, within=timedelta(seconds=wait)
        )
        return _view(faults)

    @put("/faults", summary="Replace the script")
    async def replace(self, number: str, data: FaultScript, exchange: Exchange) -> FaultsView:
        """Holds at once, also for connections that exist; counting begins anew. It is not
        kept across a restart of the sandbox.
        """
        faults = _faults(exchange, number)
        faults.set(data)
        return _view(faults)

    @delete("/faults", summary="Take the script back")
    async def clear(self, number: str, exchange: Exchange) -> None:
        """What was dropped still waits for the device's next login."""
        _faults(exchange, number).set(NO_FAULTS)

    @post("/strikes", status_code=204, summary="Let something happen now")
    async def strike(self, number: str, data: StrikeInput, exchange: Exchange) -> None:
        """To all of the phone's linked devices; 409 when none is connected that it could hit."""
        strike(exchange, digits(number), data.strike, code=data.code)


def _faults(exchange: Exchange, number: str) -> Faults:
    person, _ = exchange.directory.get_phone(digits(number))
    return exchange.faults.of(person.number)


def _view(faults: Faults) -> FaultsView:
    return FaultsView(script=faults.script, counts=faults.counts)
