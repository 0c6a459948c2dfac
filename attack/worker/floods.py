"""A worker, or somebody on its network, that sends more than anybody could need."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

from websockets.asyncio.client import ClientConnection

from attack.checks import Check, Outcome
from attack.errors import NotTriedError
from attack.ground import Ground
from attack.neighbours import compare, find_calm, measuring, sites
from attack.worker.line import CLOSED, Line, dial, make_hostile
from shared.enums import SessionReason, SessionState
from shared.wire.frames import Heartbeat, LogLines, SessionReport, encode

FENCE = "rates and bounds of a connection (controlplane/gateway)"
FLOOD_SECONDS = 3.0
# A process that took as much for one worker could not serve a thousand.
MOST_MEMORY = 100 * 1024 * 1024
MOST_LOG = 1024 * 1024
# More than the files that a shell lets a process have.
SILENT = 1100
SETTLE = 2.0

Send = Callable[[Line], Awaitable[None]]


def flood_of(
    name: str, frames: Sequence[bytes], *, pause: float = 0.0
) -> Callable[[Ground], Awaitable[Outcome]]:
    """The frames, one after the other, over and over."""

    async def attack(ground: Ground) -> Outcome:
        (attacker,) = await make_hostile(ground, 1, pool=name)
        sent = 0

        async def pour(line: Line) -> None:
            nonlocal sent
            while True:
                try:
                    if not line.is_open:
                        await line.open()
                    await line.send_raw(frames[sent % len(frames)])
                    sent += 1
                except CLOSED:
                    await line.aclose()
                    await asyncio.sleep(0.05)
                await asyncio.sleep(pause)

        async def run() -> None:
            line = Line(ground, attacker.token)
            with suppress(TimeoutError):
                # Also out of a send that waits for a gateway which reads no more.
                async with asyncio.timeout(FLOOD_SECONDS):
                    await pour(line)
            line.abort()

        breaches = await _disturb(ground, run)
        if not sent:
            raise NotTriedError("the gateway let the attacker in at no time")
        return Outcome(saw=f"{sent} frames in {FLOOD_SECONDS:.0f} s", breaches=breaches)

    return attack


async def silent_connections(ground: Ground) -> Outcome:
    """More connections than a process usually has files, none of which says hello."""
    calm = await find_calm(ground)
    opened = 0
    async with measuring(sites(ground)) as waits, _silent(ground) as sockets:
        opened = len(sockets)
        await asyncio.sleep(SETTLE)
        breaches = await _try_hello(ground)
    return Outcome(
        saw=f"{opened} of {SILENT} connections that say nothing",
        breaches=breaches + compare(calm, waits),
    )


async def many_of_one(ground: Ground) -> Outcome:
    """One token, shown over and over: each connection takes the place of the last."""
    (attacker,) = await make_hostile(ground, 1, pool="many-of-one")

    async def run() -> None:
        deadline = time.monotonic() + FLOOD_SECONDS
        while time.monotonic() < deadline:
            with suppress(*CLOSED):
                async with AsyncExitStack() as stack:
                    for _ in range(5):
                        await stack.enter_async_context(Line(ground, attacker.token))

    return Outcome(
        saw=f"one token, connected again and again for {FLOOD_SECONDS:.0f} s",
        breaches=await _disturb(ground, run),
    )


async def _disturb(ground: Ground, run: Callable[[], Awaitable[None]]) -> list[str]:
    """What the neighbours, the process's memory and its log say of it.

    Measured twice where neighbours waited: the machine may have been busy with something else.
    """
    pid = ground.target.installation.find_pid("controlplane")
    breaches: list[str] = []
    for is_again in (False, True):
        memory, logs = _memory(pid), await _log_bytes(ground)
        calm = await find_calm(ground, again=is_again)
        async with measuring(sites(ground)) as waits:
            await run()
        grown, written = _memory(pid) - memory, await _log_bytes(ground) - logs
        breaches = compare(calm, waits)
        taken = []
        if grown > MOST_MEMORY:
            taken.append(f"the control plane's memory grew by {grown // 2**20} MB")
        if written > MOST_LOG:
            taken.append(f"log files grew by {written // 2**20} MB")
        if taken or not breaches:
            return taken + breaches
        await asyncio.sleep(SETTLE)
    return breaches


@asynccontextmanager
async def _silent(ground: Ground) -> AsyncIterator[list[ClientConnection]]:
    sockets: list[ClientConnection] = []
    gateway = ground.target.gateway
    try:
        for _ in range(0, SILENT, 50):
            done = await asyncio.gather(
                *(dial(gateway.host, gateway.port) for _ in range(50)), return_exceptions=True
            )
            sockets += [each for each in done if isinstance(each, ClientConnection)]
            if any(isinstance(each, BaseException) for each in done):
                break  # refused: a bound stands
        yield sockets
    finally:
        for each in sockets:
            each.transport.abort()


async def _try_hello(ground: Ground) -> list[str]:
    """Whether a worker with a good token still gets in."""
    (attacker,) = await make_hostile(ground, 1, pool="latecomer")
    try:
        async with asyncio.timeout(15), Line(ground, attacker.token):
            return []
    except CLOSED as error:
        return [f"a worker with a good token was not let in meanwhile: {type(error).__name__}"]


def _memory(pid: int | None) -> int:
    """Resident bytes of the process. Raises NotTriedError."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError as error:
        raise NotTriedError("the control plane's process cannot be seen from here") from error
    (line,) = [each for each in status.splitlines() if each.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


async def _log_bytes(ground: Ground) -> int:
    logs = await asyncio.to_thread(ground.target.installation.read_logs)
    return sum(len(text) for text in logs.values())


def _reports() -> list[bytes]:
    """The link lost and found, each a change that is written down."""
    return [
        encode(SessionReport(state=SessionState.CONNECTED, reason=SessionReason.LINKED)),
        encode(
            SessionReport(state=SessionState.DISCONNECTED, reason=SessionReason.CONNECTION_LOST)
        ),
    ]


CHECKS = [
    Check(
        name=f"worker.{name}",
        fence=FENCE,
        expects="neighbours who wait no longer than in calm, and bounded memory and logs",
        attack=attack,
        budget=timedelta(seconds=60),
    )
    for name, attack in {
        "log-flood": flood_of("log-flood", [encode(LogLines(lines=["{}"] * 300_000))], pause=0.1),
        "garbage-flood": flood_of("garbage-flood", [b"\xc1", b"\x80", b"x" * 1000]),
        "heartbeat-flood": flood_of(
            "heartbeat-flood",
            [encode(Heartbeat(session=SessionState.CONNECTED, outbox_depth=0, memory_bytes=1))],
        ),
        "report-flood": flood_of("report-flood", _reports()),
        "large-frames": flood_of("large-frames", [b"\xda" + b"x" * 1_000_000]),
        "many-of-one-token": many_of_one,
        "silent-connections": silent_connections,
    }.items()
]
