"""How much one tenant's own program may ask for, and have sent."""

import asyncio
from collections import Counter

from attack.checks import Check, Outcome
from attack.ground import Business, Ground
from attack.sites.answers import fetch
from attack.worker.line import make_hostile

FENCE = "limits per tenant (shared/structs/limits.py, docs/operations/limits.md)"
TOO_MANY = 429
BATCH = 1000
BATCHES = 12
REQUESTS = 700
AT_ONCE = 16


async def messages(ground: Ground) -> Outcome:
    """More messages than any business has to send, all due tomorrow."""
    business = await _new_program(ground)
    message = {"to": "+255754999000", "text": "x", "send_at": await _tomorrow(ground)}
    answers: Counter[int] = Counter()
    for _ in range(BATCHES):
        answer = await fetch(
            ground.http,
            "POST",
            f"{ground.target.api}/v1/messages/batch",
            json={"messages": [message] * BATCH},
            headers={"authorization": f"Bearer {business.key}"},
        )
        answers[answer.status] += 1
        if answer.status == TOO_MANY:
            break
    return _judge(answers, f"batches of {BATCH} messages")


async def requests(ground: Ground) -> Outcome:
    """More requests than any program has to make."""
    business = await _new_program(ground)
    turn, answers = asyncio.Semaphore(AT_ONCE), Counter[int]()

    async def ask() -> None:
        async with turn:
            if TOO_MANY not in answers:
                answer = await ground.http.get(
                    f"{ground.target.api}/v1/messages",
                    headers={"authorization": f"Bearer {business.key}"},
                )
                answers[answer.status_code] += 1

    await asyncio.gather(*(ask() for _ in range(REQUESTS)))
    return _judge(answers, "requests")


def _judge(answers: Counter[int], what: str) -> Outcome:
    saw = ", ".join(f"{number} {what} answered {status}" for status, number in answers.items())
    breaches = [] if answers[TOO_MANY] else [f"{saw}, and never {TOO_MANY}"]
    breaches += [f"answered {status}" for status in answers if status >= 500]
    return Outcome(saw=saw, breaches=breaches)


async def _new_program(ground: Ground) -> Business:
    """A tenant of its own, with a key."""
    (hostile,) = await make_hostile(ground, 1, pool="program")
    business = hostile.business
    if not business.key:
        path = f"/admin/tenants/{business.id}/api-keys"
        business.key = (await ground.call("POST", path, {"name": "Attack"}))["key"]
    return business


async def _tomorrow(ground: Ground) -> str:
    """As the victim's own queued message has it, which the platform took."""
    path = f"/admin/tenants/{ground.alpha.id}/messages"
    (queued,) = [
        each
        for each in (await ground.call("GET", path))["items"]
        if each["id"] == ground.alpha.ids["message_id"]
    ]
    return str(queued["send_at"])


CHECKS = [
    Check(
        name="quotas.messages",
        fence=FENCE,
        expects="429 for more messages than a tenant may have queued",
        attack=messages,
    ),
    Check(
        name="quotas.requests",
        fence=FENCE,
        expects="429 for more requests than a tenant may make in a minute",
        attack=requests,
    ),
]
