"""The control API: what tests, demos and people do to the simulated world."""

from pathlib import Path

from litestar import Litestar, get
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from sandbox.control.customers import CustomersController
from sandbox.control.faults import FaultsController
from sandbox.control.mails import list_mails, open_pages, show
from sandbox.control.phones import PhonesController
from sandbox.control.problems import PROBLEM_HANDLERS
from sandbox.exchange import Exchange
from shared.web.assets import serve_asset
from shared.web.headers import page_headers

_LARGEST_BODY = 1 << 20


@get("/healthz", summary="Whether the sandbox runs")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


def make_api(exchange: Exchange, *, mail_dir: Path) -> Litestar:
    """mail_dir: where the portal writes its mails, if it does."""

    async def provide_exchange() -> Exchange:
        return exchange

    return Litestar(
        [
            PhonesController,
            FaultsController,
            CustomersController,
            healthz,
            show,
            list_mails,
            serve_asset,
        ],
        dependencies={
            "exchange": Provide(provide_exchange),
            "mail_dir": Provide(lambda: mail_dir, sync_to_thread=False),
        },
        before_send=[page_headers(is_secure=False)],
        state=open_pages(),
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
