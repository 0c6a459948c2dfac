"""Every frame with every field wrong: whether it harms anybody but the worker that sent it."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import httpx

from attack.checks import Attack, Check, Outcome
from attack.ground import DASHBOARD_SIGN_IN, Ground
from attack.worker.frames import Wrong, list_kinds, list_shapeless, list_wrong
from attack.worker.line import CLOSED, Hostile, Line, make_hostile

FENCE = "bounds of frames (shared/wire, controlplane/gateway)"
# Heartbeats are written once a second: one that is followed at once by another is never written.
TICK = 1.1
LINES = 6
# A process that ends over every other frame would take the whole time to come back.
MOST_ENDS = 2
# Where the rows are read that a worker caused.
READ_BACK = (
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
        frames = list_shapeless() if kind == "-" else list_wrong(kind)
        attackers = await make_hostile(ground, LINES)
        state = _State()
        shares = [frames[number::LINES] for number in range(LINES)]
        await asyncio.gather(
            *(
                _send_all(ground, attacker, share, state)
                for attacker, share in zip(attackers, shares, strict=True)
            )
        )
        if kind == "heartbeat":
            await asyncio.sleep(TICK)
            await _look(ground, state, state.candidates())
        state.breaches += await _read_back(ground, attackers)
        saw = f"{state.sent} of {len(frames)} frames, {state.closed} of them closed the connection"
        return Outcome(saw=saw, breaches=state.breaches)

    return attack


class _State:
    def __init__(self) -> None:
        self.sent = 0
        self.closed = 0
        self.ends = 0
        self.breaches: list[str] = []
        self.mending = asyncio.Lock()
        # The last two of each line: which of them it was, a process that ended cannot say.
        self.recent: dict[str, list[str]] = defaultdict(list)

    def note(self, attacker: Hostile, wrong: Wrong) -> None:
        self.sent += 1
        self.recent[attacker.token] = [*self.recent[attacker.token][-1:], wrong.what]

    def candidates(self) -> str:
        return " or ".join(what for recent in self.recent.values() for what in recent)


async def _send_all(
    ground: Ground, attacker: Hostile, frames: Sequence[Wrong], state: _State
) -> None:
    """Over one connection for as long as it stands, then over another one."""
    line = Line(ground, attacker.token)
    for wrong in frames:
        if state.ends >= MOST_ENDS:
            break
        try:
            if not line.is_open:
                await line.open()
            await line.send_raw(wrong.data)
            state.note(attacker, wrong)
            is_heard = await line.is_heard()
            if is_heard and wrong.kind == "heartbeat":
                await asyncio.sleep(TICK)
        except CLOSED:
            is_heard = False
        if not is_heard:
            state.closed += 1
            await line.aclose()
            is_batched = wrong.kind == "heartbeat"
            await _look(ground, state, state.candidates() if is_batched else wrong.what)
    await line.aclose()


async def _look(ground: Ground, state: _State, what: str) -> None:
    """Whether the process lives that closed the connection."""
    async with state.mending:
        died = await ground.watch.describe_end()
    if died:
        state.ends += 1
        state.breaches.append(f"{what}: {died}")


async def _read_back(ground: Ground, attackers: Sequence[Hostile]) -> list[str]:
    """Whether the API, and the pages of operators, can still be read: by everybody, and of the
    tenants whose rows these are. What an earlier check has told of is not told again.
    """
    told: set[str] = ground.store.setdefault("read back", set())
    found = [each for each in await _list_unread(ground, attackers) if each not in told]
    told.update(found)
    return found


async def _list_unread(ground: Ground, attackers: Sequence[Hostile]) -> list[str]:
    found = []
    for path in ("/admin/tenants?limit=500", "/admin/fleet", "/admin/alarms"):
        found += await _read(ground, path)
    for attacker in attackers:
        for path in READ_BACK:
            found += await _read(ground, path.format(attacker.business.id))
    operator = ground.browsers.get("operator")
    if operator is None:
        return found
    for path in dict.fromkeys(each.format(a.business.id) for a in attackers for each in PAGES):
        try:
            answer = await operator.knock("GET", path)
        except httpx.HTTPError as error:
            found.append(f"GET {path}: {type(error).__name__} afterwards")
            continue
        if answer.status != httpx.codes.OK and not answer.location.startswith(DASHBOARD_SIGN_IN):
            found.append(f"GET {path}: answers {answer.status} afterwards")
    return found


async def _read(ground: Ground, path: str) -> list[str]:
    try:
        answer = await ground.platform.api.get(path)
    except httpx.HTTPError as error:
        return [f"GET {path}: {type(error).__name__} afterwards"]
    return [] if answer.is_success else [f"GET {path}: answers {answer.status_code} afterwards"]


CHECKS = [
    Check(
        name=f"worker.frame-{kind if kind != '-' else 'shapeless'}",
        fence=FENCE,
        expects="a refusal, or a row that everybody can read; and processes that live on",
        attack=attack_with(kind),
        budget=timedelta(seconds=60),
    )
    for kind in [*list_kinds(), "-"]
]
