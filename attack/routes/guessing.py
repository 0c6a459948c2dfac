"""Strangers who guess passwords: whether they are held up, and whether they keep anybody out."""

from datetime import timedelta

from attack.checks import Check, Outcome
from attack.errors import NotTriedError
from attack.ground import DASHBOARD_SIGN_IN, PORTAL_SIGN_IN, Ground
from attack.sites.browser import SignInError

FENCE = "guesses (shared/web/guesses.py)"
GUESSES = 14
TOO_MANY = 429
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
    member = f"alpha-staff-{ground.run_id}@attack.example"
    stranger = await ground.browser("asks for links")
    asked = [await stranger.send("/forgotten", email=member) for _ in range(GUESSES)]
    held_up = sum(answer.status == TOO_MANY for answer in asked)
    breaches = [] if held_up else [f"{GUESSES} mails were asked for, and none was held up"]
    honest = await ground.browser("forgot the password")
    answer = await honest.send("/forgotten", email=member)
    if answer.status == TOO_MANY:
        breaches.append("a stranger's requests keep the member from a mail of their own")
    return Outcome(saw=f"{held_up} of {GUESSES} requests for a mail held up", breaches=breaches)


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
        expects="429 for who asks for mails to others, and a mail for who asks for their own",
        attack=mails,
    ),
]
