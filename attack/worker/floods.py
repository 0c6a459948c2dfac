"""A worker that sends more than anybody could need, from a container like its own."""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from attack.checks import Attack, Check, Outcome
from attack.errors import NotTriedError
from attack.ground import Ground
from attack.inside.cell import Cell, in_cell
from attack.neighbours import disturb, sites
from attack.worker.line import CLOSED, PATH, Line, make_hostile
from shared.enums import SessionReason, SessionState
from shared.wire.frames import Heartbeat, Hello, LogLines, SessionReport, encode

FENCE = "rates and bounds of a connection (controlplane/gateway)"
FLOOD_SECONDS = 3.0
# A process that took as much for one worker could not serve a thousand.
MOST_MEMORY = 100 * 1024 * 1024
MOST_LOG = 1024 * 1024
# More than the files that a shell lets a process have.
SILENT = 1100
SILENT_SECONDS = 10.0
LOG_LINES = 300_000
HELLO_TIME = 15.0

# A frame, as what it is put together from: each piece in Base64, and how often.
Pieces = list[tuple[str, int]]


def flood(mode: str, *, name: str, frames: Sequence[Pieces] = (), beside: bool = False) -> Attack:
    """mode: a function of the flooder. beside: whether another worker tries to get in meanwhile."""

    async def attack(ground: Ground) -> Outcome:
        (attacker,) = await make_hostile(ground, 1, pool=name)
        gateway, pid = ground.target.gateway, ground.target.installation.find_pid("controlplane")
        told = {
            "url": f"ws://{gateway.host}:{gateway.port}{PATH}",
            "hello": _text(encode(Hello(token=attacker.token, boot_id="attack", image="attack"))),
            "frames": frames,
            "count": SILENT,
            "seconds": SILENT_SECONDS if mode == "silence" else FLOOD_SECONDS,
        }
        counts: dict[str, int] = {}

        async def act(cell: Cell) -> list[str]:
            memory, logs = _memory(pid), await _log_bytes(ground)
            seen, late = await asyncio.gather(
                cell.flood(mode, told), _try_hello(ground) if beside else _nothing()
            )
            counts.update(seen)
            return late + _judge(_memory(pid) - memory, await _log_bytes(ground) - logs)

        async with in_cell(ground) as cell:
            breaches, waits = await disturb(ground, sites(ground), lambda: act(cell))
        if not counts.get("connections"):
            raise NotTriedError("the gateway let the attacker in at no time")
        saw = f"{counts['sent']} frames over {counts['connections']} connections: {waits}"
        return Outcome(saw=saw, breaches=breaches)

    return attack


def _judge(grown: int, written: int) -> list[str]:
    found = []
    if grown > MOST_MEMORY:
        found.append(f"the control plane's memory grew by {grown // 2**20} MB")
    if written > MOST_LOG:
        found.append(f"log files grew by {written // 2**20} MB")
    return found


async def _nothing() -> list[str]:
    return []


async def _try_hello(ground: Ground) -> list[str]:
    """Whether a worker with a good token still gets in."""
    (attacker,) = await make_hostile(ground, 1, pool="latecomer")
    await asyncio.sleep(SILENT_SECONDS / 2)
    try:
        async with asyncio.timeout(HELLO_TIME), Line(ground, attacker.token):
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


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _plain(*frames: bytes) -> list[Pieces]:
    return [[(_text(frame), 1)] for frame in frames]


def _log_lines() -> Pieces:
    """As many lines as a frame holds; msgpack's way to say how many there are is `array 32`."""
    head = encode(LogLines(lines=[]))[:-1] + b"\xdd" + LOG_LINES.to_bytes(4)
    return [(_text(head), 1), (_text(b"\xa2{}"), LOG_LINES)]


HEARTBEAT = encode(Heartbeat(session=SessionState.CONNECTED, outbox_depth=0, memory_bytes=1))
FRAMES: dict[str, list[Pieces]] = {
    "log-flood": [_log_lines()],
    "garbage-flood": _plain(b"\xc1", b"\x80", b"x" * 1000),
    "heartbeat-flood": _plain(HEARTBEAT),
    "report-flood": _plain(*_reports()),
    "large-frames": [[(_text(b"\xda"), 1), (_text(b"x" * 1000), 1000)]],
}
ATTACKS: dict[str, Attack] = {
    **{name: flood("frames", name=name, frames=frames) for name, frames in FRAMES.items()},
    "many-of-one-token": flood("connections", name="many-of-one-token"),
    "silent-connections": flood("silence", name="silent-connections", beside=True),
}
CHECKS = [
    Check(
        name=f"worker.{name}",
        fence=FENCE,
        expects="neighbours who wait no longer than in calm, and bounded memory and logs",
        attack=attack,
        budget=timedelta(seconds=90),
    )
    for name, attack in ATTACKS.items()
]
