"""The real worker process against the real sandbox and a small gateway."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import httpx
import pytest

from shared.wire.frames import Heartbeat
from shared.worker_files import TOKEN_FILE
from tests.fakes.worker_gateway import GOOD_TOKEN, FakeGateway, running_gateway

ROOT = Path(__file__).resolve().parents[3]


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sandbox:
    """The sandbox's control API. `worker_environment` leads a worker to it."""

    def __init__(self, port: int, worker_environment: dict[str, str]) -> None:
        self.worker_environment = worker_environment
        self._http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=70
        )

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._http.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def phone(self) -> str:
        return (await self.call("POST", "/phones", {"name": "Salon"}))["phone_number"]

    async def customer(self, name: str = "Asha") -> str:
        return (await self.call("POST", "/customers", {"name": name}))["phone_number"]

    async def scan(self, phone: str, qr: str) -> None:
        await self.call("POST", f"/phones/{phone}/scan", {"qr": qr})

    async def pair(self, phone: str, code: str) -> None:
        await self.call("POST", f"/phones/{phone}/pair", {"code": code})

    async def refuses_code(self, phone: str, code: str) -> str:
        return await self.refuses(phone, "pair", {"code": code})

    async def refuses(self, phone: str, action: str, body: dict[str, str]) -> str:
        """Why the phone does not do it."""
        answer = await self._http.post(f"/phones/{phone}/{action}", json=body)
        assert answer.status_code == 409, answer.text
        return str(answer.json()["detail"])

    async def write(self, customer: str, phone: str, text: str) -> str:
        body = {"to": phone, "text": text}
        return (await self.call("POST", f"/customers/{customer}/messages", body))["id"]

    async def answers(self, customer: str, count: int, *, within: float = 30) -> list[str]:
        """The texts that the customer received, once they are `count` or time is up."""
        return [item["text"] for item in await self.received(customer, count, within=within)]

    async def received(
        self, customer: str, count: int, *, within: float = 30
    ) -> list[dict[str, Any]]:
        """What the customer received, once it is `count` messages or time is up."""
        end = monotonic() + within
        while True:
            path = f"/customers/{customer}/messages"
            view = await self.call("GET", f"{path}?after={count - 1}&wait=2")
            if view["items"] or monotonic() > end:
                items: list[dict[str, Any]] = (await self.call("GET", path))["items"]
                return items

    async def download(self, path: str) -> bytes:
        answer = await self._http.get(path)
        assert answer.is_success, answer.text
        return answer.content

    async def aclose(self) -> None:
        await self._http.aclose()


@pytest.fixture(scope="session")
def _sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, dict]]:
    directory = tmp_path_factory.mktemp("sandbox")
    control, proxy = free_port(), free_port()
    environment = {
        **os.environ,  # noqa: TID251  a child process's own
        "FLOWHQ_STATE_DIR": str(directory / "state"),
        "FLOWHQ_PORT": str(control),
        "FLOWHQ_TLS_PORT": str(free_port()),
        "FLOWHQ_PROXY_PORT": str(proxy),
    }
    library = _patched_library(directory, environment)
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            _wait_until_healthy(control, process)
            yield (
                control,
                {
                    "PYTHONPATH": str(library),
                    "SSL_CERT_FILE": str(directory / "patched" / "ca.pem"),
                    "HTTPS_PROXY": f"http://127.0.0.1:{proxy}",
                },
            )
        finally:
            process.terminate()
            process.wait(20)


def _patched_library(directory: Path, environment: dict[str, str]) -> Path:
    """A directory with a `neonize` package whose library trusts the sandbox."""
    spec = find_spec("neonize")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    installed = Path(spec.submodule_search_locations[0])
    [library] = installed.glob("*.so")
    arguments = ["patch", "--library", str(library), "--out", str(directory / "patched")]
    subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "sandbox", *arguments], cwd=ROOT, env=environment, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    package = directory / "python" / "neonize"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / library.name).symlink_to(directory / "patched" / library.name)
    return package.parent


def _wait_until_healthy(port: int, process: subprocess.Popen[bytes]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(300):
        assert process.poll() is None, "the sandbox ended"
        try:
            opener.open(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
        except OSError:
            # Not up yet, and a process that starts has nothing to wait on.
            process_wait(process, 0.1)
        else:
            return
    pytest.fail("the sandbox did not start")


def process_wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


@pytest.fixture
async def sandbox(_sandbox_process: tuple[int, dict[str, str]]) -> AsyncIterator[Sandbox]:
    control, environment = _sandbox_process
    made = Sandbox(control, environment)
    yield made
    await made.aclose()


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    async with running_gateway() as made:
        yield made


class WorkerProcess:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[dict[str, Any]] = []
        self._reader = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.lines.append(json.loads(line))  # every line is JSON, or the test fails

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ended(self, *, within: float = 20) -> int:
        async with asyncio.timeout(within):
            code = await self._process.wait()
            await self._reader
            return code

    async def kill(self) -> None:
        """As the machine would: kill -9."""
        if self._process.returncode is None:
            self._process.kill()
        await self.ended()


async def find_rows(gateway: FakeGateway, file: Path, query: str, *given: str) -> list[Any]:
    """What the database on a volume answers, as soon as it answers with a row.

    Looked at with each heartbeat: what a worker writes down without a word is seen nowhere else.
    """
    async with asyncio.timeout(30):
        while not (rows := await asyncio.to_thread(_read_rows, file, query, given)):
            known = len(gateway.of(Heartbeat))
            await gateway.until(lambda known=known: len(gateway.of(Heartbeat)) > known)
    return rows


def _read_rows(file: Path, query: str, given: Sequence[str]) -> list[Any]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        return db.execute(query, given).fetchall()


StartWorker = Callable[..., Any]


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """`tmp_path / "data"`, in memory if possible: a worker that is linked stores 812 keys one by
    one, and a disk confirms each.
    """
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory:
        (tmp_path / "data").symlink_to(directory)
        yield tmp_path / "data"


@pytest.fixture
async def start_worker(
    sandbox: Sandbox, gateway: FakeGateway, volume: Path
) -> AsyncIterator[StartWorker]:
    """Starts `python -m worker` on one volume; settings by keyword, None leaves one out."""
    started: list[WorkerProcess] = []

    async def start(**settings: str | None) -> WorkerProcess:
        token = settings.pop("token", GOOD_TOKEN)
        where = Path(settings.get("data_dir") or volume)
        if token is not None:
            with suppress(FileNotFoundError):  # a test starts it without a volume
                (where / TOKEN_FILE).write_text(token, encoding="utf-8")
        given = {
            "tenant_id": "0f0e0d0c-0000-4000-8000-000000000001",
            "gateway_url": gateway.url,
            "data_dir": str(volume),
            **settings,
        }
        environment = {
            **os.environ,  # noqa: TID251  a child process's own
            **sandbox.worker_environment,
            **{f"FLOWHQ_{k.upper()}": v for k, v in given.items() if v is not None},
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "worker", cwd=ROOT, env=environment, stdout=subprocess.PIPE
        )
        started.append(WorkerProcess(process))
        return started[-1]

    yield start
    for worker in started:
        await worker.kill()


class Linked:
    """A worker that is linked to a phone, and somebody who writes to it."""

    def __init__(self, worker: WorkerProcess, phone: str, customer: str) -> None:
        self.worker = worker
        self.phone = phone
        self.customer = customer


@pytest.fixture
def worker_settings() -> dict[str, str]:
    """What the linked worker is started with; a module may have its own."""
    return {}


@pytest.fixture
async def linked(
    start_worker: StartWorker,
    sandbox: Sandbox,
    gateway: FakeGateway,
    worker_settings: dict[str, str],
) -> AsyncIterator[Linked]:
    async with linking(start_worker, sandbox, gateway, worker_settings) as made:
        yield made


@asynccontextmanager
async def linking(
    start_worker: StartWorker,
    sandbox: Sandbox,
    gateway: FakeGateway,
    settings: dict[str, str] | None = None,
) -> AsyncIterator[Linked]:
    from shared.enums import SessionState

    worker = await start_worker(**(settings or {}))
    phone = await sandbox.phone()
    report = await gateway.until_state(SessionState.QR_READY)
    assert report.qr is not None
    await sandbox.scan(phone, report.qr)
    await gateway.until_state(SessionState.CONNECTED)
    yield Linked(worker, phone, await sandbox.customer())
