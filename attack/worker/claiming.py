"""A worker that says it is linked to what is another tenant's: its number, or its account."""

from attack.checks import Check, Outcome
from attack.ground import Ground
from attack.worker.line import CLOSED, Hostile, Line, make_hostile
from shared.enums import SessionReason, SessionState
from shared.wire.frames import PhoneAccepted, PhoneRefused, SessionReport

FENCE = (
    "one WhatsApp account, one tenant (shared/stores/accounts.py, controlplane/gateway/linking.py)"
)
LID = "900000000000001@lid"
STATES = (
    (SessionState.CONNECTED, SessionReason.LINKED),
    (SessionState.CONNECTING, SessionReason.CHECKING_PHONE),
)


async def numbers(ground: Ground) -> Outcome:
    """The victim's number, claimed by another tenant's worker."""
    (liar,) = await make_hostile(ground, 1, pool="claimer")
    victim, breaches = ground.alpha, list[str]()
    before = await _session(ground, victim.id)
    async with Line(ground, liar.token) as line:
        for state, reason in STATES:
            said = await _claim(line, state, reason, victim.phone_number, LID)
            breaches += _judge(said, "WRONG_PHONE", (victim.id, victim.name))
        if (await _session(ground, liar.business.id))["state"] == "CONNECTED":
            breaches.append("the liar counts as linked")
    after = await _session(ground, victim.id)
    if before["state"] != after["state"]:
        breaches.append(f"the victim was {before['state']} and is {after['state']}")
    return Outcome(saw=f"{len(STATES)} claims of another tenant's number", breaches=breaches)


async def accounts(ground: Ground) -> Outcome:
    """One account, named by two workers with a number of their own each: by its LID."""
    holder, liar = await make_hostile(ground, 2, pool="claimer of accounts")
    breaches = []
    asking = (SessionState.CONNECTING, SessionReason.CHECKING_PHONE)
    async with Line(ground, holder.token) as first, Line(ground, liar.token) as second:
        if not isinstance(await _claim(first, *asking, _own(holder), LID), PhoneAccepted):
            breaches.append("a tenant's own phone was refused")
        said = await _claim(second, *asking, _own(liar), LID)
        breaches += _judge(said, "PHONE_TAKEN", (holder.business.id, _own(holder)))
        if not isinstance(await _claim(first, *asking, _own(holder), LID), PhoneAccepted):
            breaches.append("who held the account lost it to who claimed it later")
        # Given up by who holds it, so that a second run finds it free.
        code = SessionReport(state=SessionState.QR_READY, reason=SessionReason.WAITING_FOR_SCAN)
        await first.send(code)
        await first.is_heard()
    return Outcome(saw="one account, claimed by two workers", breaches=breaches)


def _own(hostile: Hostile) -> str:
    return hostile.business.phone_number


def _judge(
    said: PhoneAccepted | PhoneRefused | None, reason: str, secret: tuple[str, ...]
) -> list[str]:
    match said:
        case PhoneAccepted(phone=phone):
            return [f"{phone} was accepted, which is another tenant's"]
        case PhoneRefused(reason=word, detail=detail):
            wrong = [] if word == reason else [f"refused as {word}, not {reason}"]
            return wrong + ["the neighbour is named" for each in secret if each in detail]
        case None:
            return ["nobody said whether the phone may serve"]


async def _claim(
    line: Line, state: SessionState, reason: SessionReason, phone: str, lid: str
) -> PhoneAccepted | PhoneRefused | None:
    report = SessionReport(state=state, reason=reason, own_phone=phone, own_lid=lid)
    try:
        await line.send(report)
        while True:
            reply = await line.receive()
            if isinstance(reply, PhoneAccepted | PhoneRefused):
                return reply
    except CLOSED:
        return None


async def _session(ground: Ground, tenant_id: str) -> dict[str, str]:
    session: dict[str, str] = (await ground.call("GET", f"/admin/tenants/{tenant_id}"))["session"]
    return session


CHECKS = [
    Check(
        name="worker.claimed-number",
        fence=FENCE,
        expects="a claim of another tenant's number that is refused, and harms nobody",
        attack=numbers,
    ),
    Check(
        name="worker.claimed-account",
        fence=FENCE,
        expects="an account that stays with the tenant that holds it, which is not named",
        attack=accounts,
    ),
]
