"""What the attack left in the records that operators read: an attack must not go unseen."""

from attack.checks import Check, Outcome
from attack.ground import Ground

# By kind, what the attack did that is one.
KINDS = {
    "SIGN_IN_FAILED": "passwords were guessed",
    "KEY_UNKNOWN": "keys were made up",
    "KEY_OVER": "a revoked key was shown",
    "SCOPE_REFUSED": "a key was used for what it is not for",
    "FORM_REFUSED": "forms of another site were sent",
    "FOREIGN_ID": "ids of another tenant were named",
    "FRAME_REFUSED": "a worker sent frames that are none",
    "WORKER_REFUSED": "tokens were made up",
    "PHONE_REFUSED": "another tenant's number was claimed",
}


async def traces(ground: Ground) -> Outcome:
    totals = await ground.call("GET", "/admin/security/totals?hours=1")
    seen = {each["kind"]: each["times"] for each in totals["totals"]}
    breaches = [
        f"{what}, and no {kind} is told of" for kind, what in KINDS.items() if kind not in seen
    ]
    told = ", ".join(f"{kind} {times}" for kind, times in seen.items())
    return Outcome(saw=told or "nothing", breaches=breaches)


CHECKS = [
    Check(
        name="traces.security-events",
        fence="security events (shared/security.py)",
        expects="an event of each kind that the attack made, for operators to see",
        attack=traces,
    ),
]
