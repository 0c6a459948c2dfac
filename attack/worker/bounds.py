"""Every frame with every field wrong: whether it harms anybody but the worker that sent it."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import httpx

from attack.checks import Attack, Check, Outcome
from attack.ground import DASHBOARD_SIGN_IN, Ground
from attack.worker.frames import Wrong, list_kinds, list_shapeless, list_wrong
from attack.worker.line import CLOSED, Hostile, Line, dial, make_hostile

FENCE = "bounds of frames (shared/wire, controlplane/gateway)"
# Heartbeats are written once a second: one that is followed at once by another is never written.
TICK = 1.1
# So many tenants that none of them says more nonsense than a gateway bears before it hangs up.
LINES = 30
# A process that ends over every other frame would take the whole time to come back.
MOST_ENDS = 2
# Where everybody's rows are read, and those of the tenants that the frames were of.
OF_ALL = ("/admin/tenants?limit=500", "/admin/fleet", "/admin/alarms")
OF_ONE = (
    "/admin/tenants/{}",
    "/admin/tenants/{}/qr",
    "/admin/tenants/{}/logs?limit=500",
    "/admin/tenants/{}/contacts?limit=500",
    "/admin/tenants/{}/incidents",
    "/admin/tenants/{}/messages",
)
PAGES = ("/dashboard", "/dashboard/tenants/{}", "/dashboard/tenants/{}/messages")


def attack_with(kind: str) -> Attack:
    async def attack(ground: Ground) -> Outcome:
        attackers = await make_hostile(ground, LINES)
        frames = list_shapeless() if kind == "-" else list_wrong(kind)
        volley = Volley(ground, frames)
        await asyncio.gather(*(volley.fire(attacker) for attacker in attackers))
        if kind == "heartbeat":
            await asyncio.sleep(TICK)
            await volley.look(volley.candidates())
        volley.breaches += [each for path in OF_ALL for each in await _read(ground, path)]
        return Outcome(
            saw=f"{volley.sent} of {len(frames)} frames, {volley.refused} of them refused",
            breaches=volley.breaches,
            untried=f"{left} frames: every attacker was held off" if (left := volley.left) else "",
        )

    return attack


async def hellos(ground: Ground) -> Outcome:
    """The first frame of a connection, wrong in every way and with a good token where it can be."""
    attackers = await make_hostile(ground, LINES)
    frames = list_shapeless()
    for number, attacker in enumerate(attackers):
        frames += list_wrong("hello", {"token": attacker.token})[number::LINES]
    volley = Volley(ground, frames)
    await asyncio.gather(*(volley.knock(attacker) for attacker in attackers))
    volley.breaches += [each for path in OF_ALL for each in await _read(ground, path)]
    return Outcome(saw=f"{volley.sent} first frames", breaches=volley.breaches)


async def read_back(ground: Ground) -> Outcome:
    """Whether API and dashboard can still be read about the tenants whose workers said all that."""
    attackers = await make_hostile(ground, LINES)
    paths = [path.format(each.business.id) for each in attackers for path in OF_ONE]
    pages = dict.fromkeys(page.format(each.business.id) for each in attackers for page in PAGES)
    found = await asyncio.gather(
        *(_read(ground, path) for path in paths), *(_open(ground, path) for path in pages)
    )
    return Outcome(
        saw=f"{len(paths)} answers and {len(pages)} pages",
        breaches=[line for each in found for line in each],
    )


class Volley:
    """The frames of one check, and what became of them; fired over many lines at once."""

    def __init__(self, ground: Ground, frames: Sequence[Wrong]) -> None:
        self.sent = 0
        self.refused = 0
        self.breaches: list[str] = []
        self._ground = ground
        self._frames = [*reversed(frames)]
        self._ends = 0
        self._mending = asyncio.Lock()
        # The last two of each line: which of them it was, a process that ended cannot say.
        self._recent: dict[str, list[str]] = defaultdict(list)

    @property
    def left(self) -> int:
        return 0 if self._ends >= MOST_ENDS else len(self._frames)

    def candidates(self) -> str:
        return " or ".join(dict.fromkeys(w for last in self._recent.values() for w in last))

    async def fire(self, attacker: Hostile) -> None:
        """Over one connection for as long as it stands, then over another; until held off."""
        line = Line(self._ground, attacker.token)
        while self._frames and self._ends < MOST_ENDS:
            wrong = self._frames.pop()
            try:
                if not line.is_open:
                    await line.open()
            except CLOSED:
                self._frames.append(wrong)  # another one's
                await self.look(self.candidates())
                break
            await self._send(line, attacker, wrong)
        await line.aclose()

    async def knock(self, attacker: Hostile) -> None:
        """Each as the first frame of a connection of its own."""
        gateway = self._ground.target.gateway
        while self._frames and self._ends < MOST_ENDS:
            wrong = self._frames.pop()
            self._note(attacker, wrong)
            try:
                socket = await dial(gateway.host, gateway.port)
                try:
                    await socket.send(wrong.data)
                    async with asyncio.timeout(1):
                        await socket.recv()
                finally:
                    socket.transport.abort()
            except CLOSED:
                await self.look(wrong.what)

    async def look(self, what: str) -> None:
        """Whether the process lives that closed a connection."""
        async with self._mending:
            died = await self._ground.watch.describe_end()
        if died:
            self._ends += 1
            self.breaches.append(f"{what}: {died}")

    async def _send(self, line: Line, attacker: Hostile, wrong: Wrong) -> None:
        self._note(attacker, wrong)
        try:
            await line.send_raw(wrong.data)
            is_heard, is_refused = await line.is_heard()
            if is_heard and wrong.kind == "heartbeat":
                await asyncio.sleep(TICK)
        except CLOSED:
            is_heard, is_refused = False, True
        self.refused += is_refused
        if wrong.must_refuse and not is_refused:
            self.breaches.append(f"{wrong.what}: was taken")
        if not is_heard:
            await line.aclose()
            await self.look(self.candidates() if wrong.kind == "heartbeat" else wrong.what)

    def _note(self, attacker: Hostile, wrong: Wrong) -> None:
        self.sent += 1
        self._recent[attacker.token] = [*self._recent[attacker.token][-1:], wrong.what]


async def _read(ground: Ground, path: str) -> list[str]:
    try:
        answer = await ground.platform.api.get(path)
    except httpx.HTTPError as error:
        return [f"GET {path}: {type(error).__name__} afterwards"]
    return [] if answer.is_success else [f"GET {path}: answers {answer.status_code} afterwards"]


async def _open(ground: Ground, path: str) -> list[str]:
    operator = ground.browsers.get("operator")
    if operator is None:
        return []
    try:
        answer = await operator.knock("GET", path)
    except httpx.HTTPError as error:
        return [f"GET {path}: {type(error).__name__} afterwards"]
    is_shown = answer.status == httpx.codes.OK or DASHBOARD_SIGN_IN in answer.location
    return [] if is_shown else [f"GET {path}: answers {answer.status} afterwards"]


CHECKS = [
    *(
        Check(
            name=f"worker.frame-{kind if kind != '-' else 'shapeless'}",
            fence=FENCE,
            expects="a refusal of what is impossible, and processes that live on",
            attack=attack_with(kind),
            budget=timedelta(seconds=60),
        )
        for kind in [*(each for each in list_kinds() if each != "hello"), "-"]
    ),
    Check(
        name="worker.frame-hello",
        fence=FENCE,
        expects="a refusal of what is no hello, and processes that live on",
        attack=hellos,
        budget=timedelta(seconds=60),
    ),
    Check(
        name="worker.read-back",
        fence=FENCE,
        expects="answers and pages about tenants whose workers said all that",
        attack=read_back,
        budget=timedelta(seconds=60),
    ),
]
