"""The control API: what tests, demos and people do to the simulated world."""

from litestar import Litestar, get
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from sandbox.control.customers import CustomersController
from sandbox.control.faults import FaultsController
from sandbox.control.phones import PhonesController
from sandbox.control.problems import PROBLEM_HANDLERS
from sandbox.exchange import Exchange

_LARGEST_BODY = 1 << 20


@get("/healthz", summary="Whether the sandbox runs")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


def make_api(exchange: Exchange) -> Litestar:
    async def provide_exchange() -> Exchange:
        return exchange

    return Litestar(
        [PhonesController, FaultsController, CustomersController, healthz],
        dependencies={"exchange": Provide(provide_exchange)},
        exception_handlers=PROBLEM_HANDLERS,
        logging_config=None,  # structlog is set up by the process
        request_max_body_size=_LARGEST_BODY,
        # The document alone: a page to draw it would come from somebody else's network.
        openapi_config=OpenAPIConfig(
            title="FlowHQ sandbox",
            version="1",
            path="/schema",
            render_plugins=[JsonRenderPlugin(path=["/openapi.json"])],
        ),
    )
