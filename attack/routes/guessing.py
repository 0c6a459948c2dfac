"""Strangers who guess passwords: whether they are held up, and whether they keep anybody out."""

import asyncio
from datetime import timedelta

from attack.checks import Check, Outcome
from attack.errors import NotTriedError
from attack.ground import DASHBOARD_SIGN_IN, PORTAL_SIGN_IN, Ground
from attack.sites.browser import SignInError

FENCE = "guesses (shared/web/guesses.py)"
GUESSES = 14
TOO_MANY = 429
# A person asks a few times where a mail is late. They are sent after the answer.
MOST_MAILS = 8
MAILED = 1.5
WRONG = {"password": "not the password of anybody"}


async def lockout(ground: Ground) -> Outcome:
    """From one network, more often than anybody mistypes; then the owner comes from another."""
    breaches, saw = [], []
    for name, is_operator in (("alpha-staff", False), ("operator", True)):
        if name not in ground.passwords:
            raise NotTriedError(f"there is no account of {name}")
        email, password = f"{name}-{ground.run_id}@attack.example", ground.passwords[name]
        door = DASHBOARD_SIGN_IN if is_operator else PORTAL_SIGN_IN
        guesser = await ground.browser(f"guesser at {name}", is_operator=is_operator)
        answers = [await guesser.send(door, email=email, **WRONG) for _ in range(GUESSES)]
        held_up = sum(answer.status == TOO_MANY for answer in answers)
        saw.append(f"{held_up} of {GUESSES} guesses at {door} were not even looked at")
        if not held_up:
            breaches.append(f"{GUESSES} guesses at {door} from one network, and none held up")
        owner = await ground.browser(f"the owner of {name}", is_operator=is_operator)
        try:
            await owner.sign_in(email, password)
        except SignInError as error:
            breaches.append(f"whose account it is was kept out by a stranger: {error}")
    return Outcome(saw="; ".join(saw), breaches=breaches)


async def mails(ground: Ground) -> Outcome:
    """Links for a forgotten password, asked for by a stranger; then by the member."""
    member = f"alpha-owner-{ground.run_id}@attack.example"
    stranger = await ground.browser("asks for links")
    for _ in range(GUESSES):
        await stranger.send("/forgotten", email=member)
    await asyncio.sleep(MAILED)
    sent = await _count_mails(ground, member)
    honest = await ground.browser("forgot the password")
    await honest.send("/forgotten", email=member)
    await asyncio.sleep(MAILED)
    more = await _count_mails(ground, member) - sent
    breaches = []
    if sent > MOST_MAILS:
        breaches.append(f"a stranger had {sent} mails sent to a member")
    if not more:
        breaches.append("a stranger's requests keep the member from a mail of their own")
    return Outcome(
        saw=f"{sent} mails for {GUESSES} requests of a stranger, {more} for one of the member's",
        breaches=breaches,
    )


async def _count_mails(ground: Ground, address: str) -> int:
    """Raises NotTriedError."""
    if ground.target.sandbox is None:
        raise NotTriedError("no sandbox: nobody sees the mails")
    answer = await ground.platform.sandbox.get("/mails")
    answer.raise_for_status()
    return sum(mail["to"] == address for mail in answer.json())


CHECKS = [
    Check(
        name="routes.guesses",
        fence=FENCE,
        expects="429 for who guesses, and a door that is open to whose account it is",
        attack=lockout,
        budget=timedelta(seconds=90),
    ),
    Check(
        name="routes.mails-for-others",
        fence="limits of mails (shared/web/limits.py)",
        expects="a few mails however often a stranger asks, and one for whose account it is",
        attack=mails,
    ),
]
