"""Composition root: builds the sandbox from its settings and runs it until told to stop."""

import asyncio
import contextlib
import signal
import ssl
from collections.abc import Coroutine, Iterator
from typing import Any

import structlog
import uvicorn
from litestar import Litestar

from sandbox.control.api import make_api
from sandbox.exchange import Exchange, open_exchange
from sandbox.keys import SandboxKeys, load_keys
from sandbox.library import get_installed_library
from sandbox.media.server import make_media_server
from sandbox.proxy import Proxy
from sandbox.server import WhatsAppServer
from sandbox.settings import SandboxSettings
from sandbox.sockets import listen
from sandbox.store import Store
from sandbox.wire.binary_xml import Codec
from sandbox.wire.certificates import make_identity
from sandbox.wire.dictionary import read_dictionary
from shared.clock import SystemClock
from shared.tasks import TaskGroup

log = structlog.get_logger(__name__)

_LOOPBACK = "127.0.0.1"


class _HttpServer(uvicorn.Server):
    """uvicorn without its signal handlers: this process has one place that hears them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(settings: SandboxSettings) -> None:
    """Runs until SIGTERM or SIGINT. Raises SettingsError when it cannot start."""
    clock = SystemClock()
    codec = Codec(read_dictionary(get_installed_library()))
    keys = load_keys(settings.state_dir, now=clock.now())
    store = Store(settings.state_dir / "state.sqlite")
    try:
        exchange = open_exchange(store, clock, files=settings.state_dir / "media")
        identity = make_identity(keys.trust_root, now=clock.now())
        await _serve(settings, keys, exchange, WhatsAppServer(exchange, identity, codec))
    finally:
        store.close()
    log.info("sandbox.stopped")


async def _serve(
    settings: SandboxSettings, keys: SandboxKeys, exchange: Exchange, whatsapp: WhatsAppServer
) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    control_socket = listen(settings.host, settings.port)
    # Any free port: only our proxy must know it.
    media_socket = listen(_LOOPBACK, 0)
    # It reads its templates.
    api = await asyncio.to_thread(make_api, exchange, mail_dir=settings.mail_dir)
    control = _http_server(api)
    media = _http_server(make_media_server(exchange), keys)
    async with contextlib.AsyncExitStack() as stack:
        chat = await whatsapp.start(listen(_LOOPBACK, settings.tls_port), _tls(keys))
        stack.callback(chat.close)
        proxy = Proxy(chat=(_LOOPBACK, settings.tls_port), media=media_socket.getsockname())
        for host in _hosts(settings.proxy_host):
            entrance = await proxy.start(listen(host, settings.proxy_port))
            stack.callback(entrance.close)
        tasks = await stack.enter_async_context(TaskGroup())
        serving = [
            tasks.supervise("control.serve", control.serve(sockets=[control_socket])),
            tasks.supervise("media.serve", media.serve(sockets=[media_socket])),
        ]
        log.info("sandbox.started", control=f"http://{settings.host}:{settings.port}")
        await _first(stopped.wait(), tasks.join(), tasks=tasks)
        control.should_exit = media.should_exit = True
        await asyncio.gather(*serving)
        chat.close()
        await chat.wait_closed()


async def _first(*waits: Coroutine[Any, Any, Any], tasks: TaskGroup) -> None:
    """Returns when the first of `waits` does, and raises what it raised."""
    started = [tasks.supervise("sandbox.wait", wait) for wait in waits]
    done, _ = await asyncio.wait(started, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


def _http_server(application: Litestar, keys: SandboxKeys | None = None) -> uvicorn.Server:
    """keys: for TLS."""
    return _HttpServer(
        uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            ssl_certfile=None if keys is None else keys.certificate,
            ssl_keyfile=None if keys is None else keys.certificate_key,
        )
    )


def _tls(keys: SandboxKeys) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys.certificate, keys.certificate_key)
    return context


def _hosts(text: str) -> list[str]:
    return [host.strip() for host in text.split(",") if host.strip()]
