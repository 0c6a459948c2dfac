"""A sandbox in its own process, and real clients in theirs."""

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import httpx
import pytest

from sandbox.library import get_installed_library
from tests.integration.sandbox.acts import new_customer, write

ROOT = Path(__file__).resolve().parents[3]
START_TIMEOUT = 20
MEMORY = Path("/dev/shm")
# A keepalive may be 30 s away, and has 10 s to be answered.
EVENT_TIMEOUT = 60


class Companion:
    """One real client: `companion.py` in a process of its own."""

    def __init__(self, session: Path, environment: dict[str, str]) -> None:
        self._errors = session.with_suffix(".log").open("a")
        self._process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, str(Path(__file__).with_name("companion.py")), str(session)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        # None once it has ended.
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def expect(
        self, kind: str, *, within: float = EVENT_TIMEOUT, **wanted: object
    ) -> dict[str, Any]:
        """The next event of a kind, and with the values given; others before it are let go."""
        while True:
            event = self.next(within=within)
            if event["kind"] == kind and wanted.items() <= event.items():
                return event

    def next(self, *, within: float = EVENT_TIMEOUT) -> dict[str, Any]:
        event = self._events.get(timeout=within)
        if event is None:
            self._events.put(None)
            pytest.fail("the client has ended")
        return event

    def is_silent(self, *, seconds: float) -> bool:
        """Whether nothing comes for so long; only keys may, which are nobody's words."""
        try:
            while self.next(within=seconds)["kind"] == "own":
                pass
        except queue.Empty:
            return True
        return False

    def order(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            assert stream is not None
            stream.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):  # the client prints on standard output too
                self._events.put(json.loads(line))
        self._events.put(None)


class Sandbox:
    """`python -m sandbox` on free ports, and what a client needs to find it."""

    def __init__(self, directory: Path) -> None:
        self.state_dir = directory / "state"
        ports = dict(zip(("PORT", "TLS_PORT", "PROXY_PORT"), _free_ports(3), strict=True))
        self._environment = {
            **os.environ,  # noqa: TID251  a child process's own
            "FLOWHQ_STATE_DIR": str(self.state_dir),
            **{f"FLOWHQ_{name}": str(port) for name, port in ports.items()},
        }
        self._log = directory / "sandbox.log"
        self._patched = directory / "patched"
        self.proxy = f"http://127.0.0.1:{ports['PROXY_PORT']}"
        self._process: subprocess.Popen[bytes] | None = None
        self._companions: list[Companion] = []
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{ports['PORT']}", timeout=70, trust_env=False
        )

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sandbox"],
                cwd=ROOT,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"sandbox.started" in line:
                break
        else:
            raise AssertionError(self._log.read_text())
        self._drain = threading.Thread(target=self._keep, args=(self._process.stdout,))
        self._drain.start()

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def patch(self) -> None:
        library = get_installed_library()
        options = ["--library", str(library), "--out", str(self._patched)]
        subprocess.run(  # noqa: S603  our own program
            [sys.executable, "-m", "sandbox", "patch", *options],
            cwd=ROOT,
            env=self._environment,
            check=True,
            capture_output=True,
        )
        package = self._patched / "path" / "neonize"
        package.mkdir(parents=True)
        for entry in library.parent.iterdir():
            if entry.name not in (library.name, "__pycache__"):
                (package / entry.name).symlink_to(entry)
        shutil.move(self._patched / library.name, package / library.name)

    def companion(self, session: Path) -> Companion:
        """One that ends with the test."""
        companion = self.lasting_companion(session)
        self._companions.append(companion)
        return companion

    def lasting_companion(self, session: Path) -> Companion:
        environment = {
            **os.environ,  # noqa: TID251  a child process's own
            "PYTHONPATH": str(self._patched / "path"),
            "SSL_CERT_FILE": str(self._patched / "ca.pem"),
            "HTTPS_PROXY": self.proxy,
        }
        return Companion(session, environment)

    def run_another(self) -> subprocess.CompletedProcess[str]:
        """The same once more, with the same settings, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "sandbox"],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_TIMEOUT,
        )

    def log(self) -> bytes:
        return self._log.read_bytes()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The answer's JSON; an answer other than 2xx fails the test."""
        answer = self.http.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def end_companions(self) -> None:
        while self._companions:
            self._companions.pop().kill()

    def aclose(self) -> None:
        self.end_companions()
        if self._process is not None and self._process.poll() is None:
            self.stop()
        self.http.close()

    def _keep(self, lines: IO[bytes]) -> None:
        with self._log.open("ab") as log:
            log.writelines(lines)

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(START_TIMEOUT)
        self._drain.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


@pytest.fixture(scope="module")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    sandbox.patch()
    sandbox.start()
    yield sandbox
    sandbox.aclose()


@pytest.fixture
def sandbox_in() -> Iterator[Callable[[Path], Sandbox]]:
    """Starts a sandbox of the test's own."""
    started: list[Sandbox] = []

    def start(directory: Path) -> Sandbox:
        started.append(Sandbox(directory))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.aclose()


@pytest.fixture
def sandbox(
    running_sandbox: Sandbox,
    sessions: Path,  # noqa: ARG001  asked for so that it goes after the clients have ended
) -> Iterator[Sandbox]:
    """One server for the module; every test has its own people and ends its own clients."""
    yield running_sandbox
    running_sandbox.end_companions()


@pytest.fixture
def sessions() -> Iterator[Path]:
    """Where clients keep their sessions: in memory if possible, for a client that is linked
    stores 812 keys one by one and has the disk confirm each.
    """
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as directory:
        yield Path(directory)


@pytest.fixture
def linked(sandbox: Sandbox, sessions: Path) -> Callable[[], tuple[str, Companion, Path]]:
    """Makes a phone and a client linked to it: its number, the client, the client's session."""

    def link() -> tuple[str, Companion, Path]:
        number = sandbox.call("POST", "/phones", {})["phone_number"]
        session = sessions / f"{number}.sqlite"
        companion = sandbox.companion(session)
        scan(sandbox, number, companion)
        return number, companion, session

    return link


def scan(sandbox: Sandbox, number: str, companion: Companion) -> None:
    qr = companion.expect("qr")["qr"]
    sandbox.call("POST", f"/phones/{number}/scan", {"qr": qr})
    companion.expect("Connected")


@pytest.fixture(scope="module")
def shared_client(running_sandbox: Sandbox) -> Iterator[tuple[str, Companion]]:
    """A phone and its client for tests that leave both as they found them."""
    number = running_sandbox.call("POST", "/phones", {})["phone_number"]
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as directory:
        companion = running_sandbox.lasting_companion(Path(directory) / "shared.sqlite")
        try:
            scan(running_sandbox, number, companion)
            yield number, companion
        finally:
            companion.kill()


@pytest.fixture
def shared_scene(
    running_sandbox: Sandbox, shared_client: tuple[str, Companion]
) -> Iterator[tuple[Sandbox, str, Companion, str, None]]:
    """As `scene`, with a customer of the test's own, and a client that others use too."""
    phone, companion = shared_client
    customer = new_customer(running_sandbox)
    first = write(running_sandbox, customer, phone, "quiet first")
    companion.expect("message", id=first)
    yield running_sandbox, phone, companion, customer, None
    running_sandbox.call("DELETE", f"/phones/{phone}/faults")


@pytest.fixture
def scene(
    sandbox: Sandbox, linked: Callable[[], tuple[str, Companion, Path]]
) -> tuple[Sandbox, str, Companion, str, Path]:
    """A sandbox, a phone, its client, a customer who has been heard before, the session."""
    phone, companion, session = linked()
    customer = new_customer(sandbox)
    write(sandbox, customer, phone, "quiet first")
    companion.expect("message", text="quiet first")
    return sandbox, phone, companion, customer, session


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
