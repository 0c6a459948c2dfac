#!/usr/bin/env python3
"""Memory per linked, talking worker beside a bare neonize client, both on one sandbox.

N workers and N bare clients (an echo on neonize's own asynchronous client) are linked to phones
of a sandbox, exchange messages with a customer each, and rest. Then PSS is read from
`/proc/<pid>/smaps_rollup`: pages shared by several processes count by their share, as they do on
a host with many containers of one image. Workers run with the packages and the environment that
the image and the container spec give them; bare clients with what `pip install neonize` gives.

One more worker then fetches a file of `--file-megabytes`: how far its memory rises, and whether it
comes down again.

    .venv/bin/python scripts/bench/worker_memory.py --workers 10
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from typing import Any

import httpx
from websockets.asyncio.server import ServerConnection, serve

from controlplane.containers.spec import MEMORY_KNOBS
from shared.enums import Language, TemplateType
from shared.structs.tenants import TenantConfig
from shared.wire import frames
from shared.wire.events import MessageReceived
from shared.wire.files import (
    PIECE_BYTES,
    AskPiece,
    FetchFile,
    FileDone,
    FileMissing,
    FileReady,
    Piece,
)
from shared.worker_files import TOKEN_FILE

ROOT = Path(__file__).parents[2]
PORTS = ("PORT", "TLS_PORT", "PROXY_PORT", "GATEWAY")
# Go's collector runs every two minutes when nothing else makes it.
GO_COLLECTS = 130
# What Dockerfile.worker keeps.
PACKAGES = ("msgspec", "structlog", "websockets")
CONFIG = TenantConfig(
    template_type=TemplateType.BOOKING, business_name="Bench", language=Language.EN
)

BARE_CLIENT = """
import asyncio, sys
from neonize.aioze.client import NewAClient
from neonize.aioze.events import ConnectedEv, MessageEv

async def main():
    client = NewAClient(sys.argv[1])

    @client.qr
    async def on_qr(_, code):
        print("QR", code.decode(), flush=True)

    @client.event(ConnectedEv)
    async def on_connected(_, event):
        print("CONNECTED", flush=True)

    @client.event(MessageEv)
    async def on_message(_, message):
        source = message.Info.MessageSource
        if not source.IsFromMe:
            await asyncio.sleep(0.1)
            await client.send_message(source.Chat, "echo")

    await client.connect()
    await asyncio.Event().wait()

asyncio.run(main())
"""


class Bench:
    def __init__(self, directory: Path, messages: int) -> None:
        self.directory = directory
        self.messages = messages
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self.http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.ports['PORT']}", trust_env=False, timeout=70
        )
        self.qr_of: dict[str, asyncio.Queue[str]] = {}
        self.connected: dict[str, asyncio.Event] = {}
        self.links: dict[str, ServerConnection] = {}
        self.told: asyncio.Queue[str] = asyncio.Queue()  # WhatsApp ids of messages with a file
        self.files: asyncio.Queue[FileReady | FileMissing | Piece] = asyncio.Queue()
        self.processes: list[asyncio.subprocess.Process] = []
        self.watchers: list[asyncio.Future[None]] = []

    async def start_sandbox(self) -> None:
        names = ("PORT", "TLS_PORT", "PROXY_PORT")
        environment = {
            **os.environ,  # noqa: TID251  a child process's own
            "FLOWHQ_STATE_DIR": str(self.directory / "state"),
            **{f"FLOWHQ_{name}": str(self.ports[name]) for name in names},
        }
        [library] = installed("neonize").glob("*.so")
        out = self.directory / "patched"
        patch = ["patch", "--library", str(library), "--out", str(out)]
        subprocess.run(  # noqa: ASYNC221, S603  before anything else runs
            [sys.executable, "-m", "sandbox", *patch],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        await self.spawn("-m", "sandbox", environment=environment)
        for _ in range(200):
            try:
                await self.http.get("/healthz")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return
        raise SystemExit("the sandbox did not start")

    async def spawn(
        self, *arguments: str, environment: dict[str, str], stdout: int = subprocess.DEVNULL
    ) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=ROOT,
            env=environment,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def leading_here(self, path: list[Path]) -> dict[str, str]:
        kept = {"PATH", "HOME", "LANG"}
        return {
            **{k: v for k, v in os.environ.items() if k in kept},  # noqa: TID251  a child's own
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SSL_CERT_FILE": str(self.directory / "patched" / "ca.pem"),
            "HTTPS_PROXY": f"http://127.0.0.1:{self.ports['PROXY_PORT']}",
        }

    async def start_worker(self, name: str) -> int:
        data = self.directory / name
        data.mkdir()
        (data / TOKEN_FILE).write_text(name)
        environment = {
            **self.leading_here([self.slim_packages(), ROOT]),
            **MEMORY_KNOBS,
            "FLOWHQ_TENANT_ID": name,
            "FLOWHQ_GATEWAY_URL": f"ws://127.0.0.1:{self.ports['GATEWAY']}/",
            "FLOWHQ_DATA_DIR": str(data),
        }
        # -S: no site-packages of this machine, as in the image.
        return (await self.spawn("-S", "-m", "worker", environment=environment)).pid

    async def start_bare(self, name: str) -> int:
        environment = self.leading_here([self.stock_packages()])
        process = await self.spawn(
            "-c", BARE_CLIENT, str(self.directory / f"{name}.db"),
            environment=environment, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.watchers.append(asyncio.ensure_future(self.watch_bare(name, process)))
        return process.pid

    async def watch_bare(self, name: str, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            word, _, rest = line.decode().strip().partition(" ")
            if word == "QR":
                self.qr_of[name].put_nowait(rest)
            elif word == "CONNECTED":
                self.connected[name].set()

    def slim_packages(self) -> Path:
        directory = self.directory / "slim"
        if not directory.exists():
            (directory / "neonize").mkdir(parents=True)
            (directory / "neonize" / "__init__.py").touch()
            for package in PACKAGES:
                (directory / package).symlink_to(installed(package))
            self.link_library(directory / "neonize")
        return directory

    def stock_packages(self) -> Path:
        """The installed package as it is, but with the library that trusts the sandbox."""
        package = self.directory / "stock" / "neonize"
        if not package.exists():
            package.mkdir(parents=True)
            for entry in installed("neonize").iterdir():
                if entry.suffix != ".so":
                    (package / entry.name).symlink_to(entry)
            self.link_library(package)
        return package.parent

    def link_library(self, package: Path) -> None:
        [library] = (self.directory / "patched").glob("*.so")
        (package / library.name).symlink_to(library)

    async def gateway(self, link: ServerConnection) -> None:  # noqa: C901  a line per frame
        name = ""
        async for data in link:
            assert isinstance(data, bytes)
            frame = frames.decode_from_worker(data)
            match frame:
                case frames.Hello(token=token):
                    name = token
                    self.links[name] = link
                    welcome = frames.Welcome(
                        tenant_id=name, epoch=1, heartbeat_interval=30, config=CONFIG
                    )
                    await link.send(frames.encode(welcome))
                case frames.SessionReport(qr=str(code)):
                    self.qr_of[name].put_nowait(code)
                case frames.SessionReport(own_phone=str(phone), reason="CHECKING_PHONE"):
                    await link.send(frames.encode(frames.PhoneAccepted(phone=phone)))
                case frames.SessionReport(state="CONNECTED"):
                    self.connected[name].set()
                case frames.Events(events=events):
                    await link.send(frames.encode(frames.Ack(seq=events[-1].seq)))
                    for event in (numbered.event for numbered in events):
                        if isinstance(event, MessageReceived) and event.media is not None:
                            self.told.put_nowait(event.wa_message_id)
                case FileReady() | FileMissing() | Piece():
                    self.files.put_nowait(frame)
                case _:
                    pass

    async def link_and_talk(self, name: str) -> tuple[str, str]:
        """The phone's number and the customer's."""
        phone = (await self.post("/phones", {"name": name}))["phone_number"]
        code = await asyncio.wait_for(self.qr_of[name].get(), 60)
        await self.post(f"/phones/{phone}/scan", {"qr": code})
        await asyncio.wait_for(self.connected[name].wait(), 60)
        customer = (await self.post("/customers", {"name": "C"}))["phone_number"]
        for n in range(self.messages):
            await self.post(f"/customers/{customer}/messages", {"to": phone, "text": f"hello {n}"})
            answer = await self.http.get(f"/customers/{customer}/messages?after={n}&wait=30")
            assert answer.json()["items"], f"{name} did not answer"
        return phone, customer

    async def measure_file(self, size: int) -> dict[str, float]:
        """RSS in MB of a worker at rest, at its highest while it fetches a file, and afterwards."""
        name = "worker-with-a-file"
        self.qr_of[name], self.connected[name] = asyncio.Queue(), asyncio.Event()
        pid = await self.start_worker(name)
        phone, customer = await self.link_and_talk(name)
        await asyncio.sleep(2)
        before = status_of(pid, "VmRSS")
        content = {"kind": "DOCUMENT", "file": {"size": size}}
        await self.post(f"/customers/{customer}/messages", {"to": phone, "content": content})
        request = FetchFile(id="f", wa_message_id=await self.told.get(), max_bytes=size)
        await self.links[name].send(frames.encode(request))
        ready = await asyncio.wait_for(self.files.get(), 120)
        assert isinstance(ready, FileReady), ready
        for offset in range(0, size, PIECE_BYTES):
            await self.links[name].send(frames.encode(AskPiece(id="f", offset=offset)))
            await self.files.get()
        await self.links[name].send(frames.encode(FileDone(id="f")))
        peak = status_of(pid, "VmHWM")
        await asyncio.sleep(GO_COLLECTS)
        return {"before": before, "peak": peak, "after": status_of(pid, "VmRSS")}

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self.http.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    async def measure(self, kind: str, count: int) -> list[dict[str, float]]:
        """Memory of `count` processes side by side, in MB."""
        start = self.start_worker if kind == "worker" else self.start_bare
        pids = []
        for number in range(count):
            name = f"{kind}-{number}"
            self.qr_of[name] = asyncio.Queue()
            self.connected[name] = asyncio.Event()
            pids.append(await start(name))
            await self.link_and_talk(name)
        await asyncio.sleep(2)  # the measured processes come to rest
        figures = [memory_of(pid) for pid in pids]
        for pid in pids:
            await self.end(next(p for p in self.processes if p.pid == pid))
        return figures

    async def end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
                await process.wait()
        self.processes.remove(process)


def installed(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0])


def free_ports(count: int) -> list[int]:
    probes = [socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def memory_of(pid: int) -> dict[str, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return {name: kilobytes[name] / 1024 for name in ("Pss", "Pss_Anon", "Rss")}


def status_of(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if line.startswith(f"{name}:")]
    return round(int(line.split()[1]) / 1024, 1)


def middle(figures: list[dict[str, float]], name: str) -> float:
    return round(statistics.median(figure[name] for figure in figures), 1)


async def run(count: int, messages: int, file_bytes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Path(directory), messages)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(bench.http.aclose)
            await bench.start_sandbox()
            await stack.enter_async_context(
                serve(bench.gateway, "127.0.0.1", bench.ports["GATEWAY"])
            )
            try:
                bare = await bench.measure("bare", count)
                worker = await bench.measure("worker", count)
                file = await bench.measure_file(file_bytes) if file_bytes else None
            finally:
                for process in list(bench.processes):
                    await bench.end(process)
    table = {
        kind: {name: middle(figures, name) for name in ("Pss", "Pss_Anon", "Rss")}
        for kind, figures in (("bare neonize", bare), ("worker", worker))
    }
    ratio = round(table["worker"]["Pss"] / table["bare neonize"]["Pss"], 2)
    return {
        "side_by_side": count,
        "messages": messages,
        "megabytes": table,
        "pss_ratio": ratio,
        "file": file,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=10)
    parser.add_argument("--messages", type=int, default=20)
    parser.add_argument("--file-megabytes", type=int, default=16)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    result = asyncio.run(run(given.workers, given.messages, given.file_megabytes << 20))
    print(f"{'median of ' + str(given.workers):<14}{'PSS MB':>9}{'anonymous':>11}{'RSS':>8}")
    for kind, figures in result["megabytes"].items():
        print(f"{kind:<14}{figures['Pss']:>9}{figures['Pss_Anon']:>11}{figures['Rss']:>8}")
    print(f"worker / bare: {result['pss_ratio']} (target 0.5 or less)")
    if result["file"]:
        told = ", ".join(f"{moment} {size}" for moment, size in result["file"].items())
        print(f"a file of {given.file_megabytes} MiB, RSS MB: {told}")
    if given.json:
        given.json.write_text(json.dumps(result, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
