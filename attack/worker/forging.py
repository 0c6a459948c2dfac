"""A worker that speaks of what is another tenant's: messages, receipts, contacts, files."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from attack.checks import Check, Outcome
from attack.errors import NotTriedError
from attack.ground import Ground
from attack.sql.catalogue import list_tables, picture
from attack.sql.session import as_owner
from attack.worker.line import CLOSED, Line, make_hostile
from shared.enums import MessageKind, ReceiptKind
from shared.wire.events import (
    Event,
    MessageReceived,
    MessageSent,
    Party,
    ReceiptReceived,
    SendExpired,
    SendFailed,
    SendUncertain,
)
from shared.wire.files import AskPiece, Piece
from shared.wire.frames import Events, Numbered, SendTaken

FENCE = "the token names the tenant (controlplane/gateway/admission.py)"
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


async def settlements(ground: Ground) -> Outcome:
    """Settles, receipts and logs under the names that another tenant's messages have."""
    alpha = ground.alpha
    queued = alpha.ids.get("message_id")
    if queued is None:
        raise NotTriedError("the victim has no queued message")
    (attacker,) = await make_hostile(ground, 1, pool="forger")
    before = await _look(ground)
    events = _forge(ground, queued)
    breaches = []
    async with Line(ground, attacker.token) as line:
        for cancelled in (False, True):
            await line.send(SendTaken(id=queued, cancelled=cancelled))
        for number, event in enumerate(events):
            await line.send(Events(events=[Numbered(1000 + number, event)]))
        await line.is_heard()
    after = await _look(ground)
    breaches += [
        f"{name} of another tenant changed" for name in before if before[name] != after[name]
    ]
    return Outcome(saw=f"{len(events) + 2} frames that name another's", breaches=breaches)


async def files(ground: Ground) -> Outcome:
    """Asks for a file of another tenant's by its name."""
    foreign = ground.alpha.ids.get("sha256")
    if foreign is None:
        raise NotTriedError("the victim has no file")
    (attacker,) = await make_hostile(ground, 1, pool="thief")
    names = (foreign, f"../{ground.alpha.id}/{foreign}", f"../../{foreign}", "../../admin.key", "")
    breaches = []
    async with Line(ground, attacker.token) as line:
        for name in names:
            await line.send(AskPiece(id=name, offset=0))
        try:
            for _ in names:
                reply = await line.receive()
                if isinstance(reply, Piece):
                    breaches.append(f"{reply.id}: {len(reply.data)} bytes of another tenant's")
        except CLOSED:
            pass  # what is not answered was not given
    return Outcome(saw=f"{len(names)} names", breaches=breaches)


async def tokens(ground: Ground) -> Outcome:
    """What is no token, and a good token with another tenant's name beside it."""
    (attacker,) = await make_hostile(ground, 1, pool="stranger")
    breaches = []
    for token in (
        "",
        "fhw_" + "A" * 43,
        ground.target.admin_key,
        ground.alpha.key,
        ground.alpha.id,
    ):
        try:
            async with Line(ground, token):
                breaches.append(f"a worker was let in with {token[:12]}…")
        except CLOSED:
            continue
    async with Line(ground, attacker.token):
        seen = await ground.call("GET", f"/admin/tenants/{ground.alpha.id}")
    if ground.alpha.is_linked and seen["session"]["state"] != "CONNECTED":
        breaches.append("another tenant's worker was cut off")
    return Outcome(saw="5 tokens that are none of a worker's", breaches=breaches)


def _forge(ground: Ground, queued: str) -> list[Event]:
    alpha, party = ground.alpha, Party(phone=ground.alpha.customer or "+255700000000")
    known = alpha.ids.get("wa_message_id", "0")
    text = "forged"
    return [
        MessageSent(
            wa_message_id=uuid4().hex,
            kind=MessageKind.TEXT,
            contact=party,
            own_phone=alpha.phone_number,
            text=text,
            at=NOW,
            outbound_id=queued,
        ),
        SendFailed(outbound_id=queued, reason=text, at=NOW),
        SendUncertain(outbound_id=queued, reason=text, at=NOW),
        SendExpired(outbound_id=queued, at=NOW),
        ReceiptReceived(kind=ReceiptKind.READ, wa_message_ids=[known], contact=party, at=NOW),
        MessageReceived(
            wa_message_id=known,
            kind=MessageKind.TEXT,
            contact=party,
            own_phone=alpha.phone_number,
            text=text,
            at=NOW,
            push_name=text,
        ),
    ]


async def _look(ground: Ground) -> dict[str, Any]:
    """What the victim has, through the API; and from its rows where there is a way to them."""
    base = f"/admin/tenants/{ground.alpha.id}"
    queued = await ground.call("GET", f"{base}/messages/{ground.alpha.ids['message_id']}")
    logs = await ground.call("GET", f"{base}/logs?limit=500")
    contacts = await ground.call("GET", f"{base}/contacts?limit=500")
    found = {
        "a queued message": queued,
        "the log": logs["items"],
        "the contacts": contacts["items"],
    }
    if ground.target.database is not None:
        async with as_owner(ground) as owner:
            found |= await picture(owner, await list_tables(owner), ground.alpha.id)
    return found


CHECKS = [
    Check(
        name="worker.tokens",
        fence=FENCE,
        expects="no connection without a worker's token",
        attack=tokens,
    ),
    Check(
        name="worker.forged-settlements",
        fence=FENCE,
        expects="nothing of another tenant changed by what a worker says",
        attack=settlements,
    ),
    Check(
        name="worker.foreign-files",
        fence="files below the tenant's own directory (controlplane/media/files.py)",
        expects="no piece of another tenant's file, nor of any other file",
        attack=files,
    ),
]
