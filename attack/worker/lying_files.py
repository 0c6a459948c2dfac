"""A worker that says it has a file, and then gives something else."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx

from attack.checks import Check, Outcome
from attack.ground import Ground
from attack.worker.line import CLOSED, Hostile, Line, make_hostile
from shared.clock import SystemClock
from shared.enums import MessageKind
from shared.structs.media import Media
from shared.wire.events import MessageReceived, Party
from shared.wire.files import PIECE_BYTES, AskPiece, FetchFile, FileReady, Piece
from shared.wire.frames import Events, FromWorker, Numbered

SIZE = 1000
CONTENT = b"x" * SIZE
# Asked for a file, the gateway waits for the worker; then it says that there is none.
PATIENCE = 8.0

Answer = Callable[[FetchFile | AskPiece], FromWorker | None]


def _lies() -> dict[str, Answer]:
    def ready(size: int) -> Callable[[str], FileReady]:
        return lambda name: FileReady(id=name, size=size)

    def piece(data: bytes, offset: int = 0) -> Callable[[str], Piece]:
        return lambda name: Piece(id=name, offset=offset, data=data)

    pairs: dict[str, tuple[Any, Any]] = {
        "a size of 2**63": (ready(2**63 - 1), piece(CONTENT)),
        "a negative size": (ready(-1), piece(CONTENT)),
        "a piece that is too long": (ready(SIZE), piece(b"x" * (PIECE_BYTES * 3))),
        "a piece of elsewhere": (ready(SIZE), piece(CONTENT, 2**40)),
        "an empty piece, for ever": (ready(SIZE), piece(b"")),
        "another content": (ready(SIZE), piece(b"y" * SIZE)),
        "nothing at all": (None, None),
    }
    return {name: _answering(*pair) for name, pair in pairs.items()}


def _answering(ready: Any, piece: Any) -> Answer:
    def answer(question: FetchFile | AskPiece) -> FromWorker | None:
        chosen = ready if isinstance(question, FetchFile) else piece
        return None if chosen is None else chosen(question.id)

    return answer


async def lies(ground: Ground) -> Outcome:
    attackers = await make_hostile(ground, 6)
    told = list(_lies().items())
    shares: Iterator[tuple[Hostile, list[tuple[str, Answer]]]] = (
        (attacker, told[number :: len(attackers)]) for number, attacker in enumerate(attackers)
    )
    done = await asyncio.gather(*(_lie(ground, one, share) for one, share in shares))
    return Outcome(
        saw=f"{len(told)} ways to lie about a file",
        breaches=[line for each in done for line in each],
    )


async def _lie(ground: Ground, attacker: Hostile, share: list[tuple[str, Answer]]) -> list[str]:
    breaches = []
    for name, answer in share:
        try:
            async with Line(ground, attacker.token) as line:
                log_id = await _log_a_file(ground, attacker, line)
                url = f"/admin/tenants/{attacker.business.id}/logs/{log_id}/media"
                breaches += await _fetch(ground, line, url=url, name=name, answer=answer)
        except CLOSED:
            continue
    return breaches


async def _log_a_file(ground: Ground, attacker: Hostile, line: Line) -> str:
    """The row of a message that has one."""
    media = Media(mime_type="image/png", size=SIZE, sha256=sha256(CONTENT).hexdigest())
    message = MessageReceived(
        wa_message_id=uuid4().hex,
        kind=MessageKind.IMAGE,
        contact=Party(phone="+255700000001"),
        own_phone=attacker.business.phone_number,
        text="",
        at=SystemClock().now(),
        media=media,
    )
    await line.send(Events(events=[Numbered(1, message)]))
    await line.is_heard()
    logs = await ground.call("GET", f"/admin/tenants/{attacker.business.id}/logs")
    (row,) = [each for each in logs["items"] if each["wa_message_id"] == message.wa_message_id]
    return str(row["id"])


async def _fetch(ground: Ground, line: Line, *, url: str, name: str, answer: Answer) -> list[str]:
    asking = asyncio.ensure_future(ground.platform.api.get(url, timeout=PATIENCE))
    try:
        async with asyncio.timeout(PATIENCE):
            while not asking.done():
                question = await line.receive(PATIENCE)
                if isinstance(question, FetchFile | AskPiece):
                    reply = answer(question)
                    if reply is not None:
                        await line.send(reply)
    except CLOSED:
        pass
    try:
        response = await asking
    except httpx.HTTPError:
        return []  # it waits for the worker: nobody but who asked is held up
    if response.is_success:
        return [f"{name}: {len(response.content)} bytes were given as the file"]
    is_known = response.status_code in {404, 410, 413, 502, 503, 504}
    return [] if is_known else [f"{name}: answered {response.status_code}"]


CHECKS = [
    Check(
        name="worker.lying-files",
        fence="files are checked against what was announced (controlplane/media/fetching.py)",
        expects="no file that is not the one which the message names, and no error of ours",
        attack=lies,
        budget=timedelta(seconds=45),
    ),
]
