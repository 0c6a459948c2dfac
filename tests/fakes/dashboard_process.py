"""A process that serves the dashboard over a real database, without engine, gateway or workers.

Arguments: the database's address, and the port. It has one operator, as the tests of the pages.
"""

import asyncio
import sys

from shared.clock import SystemClock
from shared.db.engine import open_database
from shared.log import configure_logging
from shared.stores import operators
from shared.web.passwords import Passwords
from shared.web.serving import listening_socket, serve, stop_on_signals
from tests.integration.dashboard.conftest import EMAIL, Dashboard, open_site
from tests.integration.portal.conftest import PASSWORD, QUICK


async def run(url: str, port: int) -> None:
    configure_logging(json=False, level="INFO")
    stop, passwords = stop_on_signals(), Passwords(QUICK)
    site = open_site(Dashboard(transport=None, clock=SystemClock(), passwords=passwords))
    async with open_database(url):
        await operators.create(EMAIL, password_hash=await passwords.hash(PASSWORD))
        with listening_socket("127.0.0.1", port) as listening:
            serving = asyncio.ensure_future(serve(site, listening))
            await stop.wait()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2])))
