"""A password that is shown by who is not signed in, or only now."""

import msgspec

from portal.house import House
from shared.email import is_email
from shared.enums import SecurityKind, SecuritySite
from shared.security import note
from shared.stores import members
from shared.structs.members import Member
from shared.web import guesses
from shared.web.fields import FormError
from shared.web.guesses import IN_PORTAL, Guess
from shared.web.origin import Origin


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """kept: what is kept of the password, as hashing it came to. is_known: whether the member was
    signed in in this browser before.
    """

    member: Member
    kept: str
    is_known: bool


class WrongPasswordError(FormError):
    """member: whose account the address has, if it has one; for nobody to be told who asks."""

    def __init__(self, word: str, member: Member | None) -> None:
        super().__init__({"password": word})
        self.member = member


async def prove_password(
    house: House, email: str, password: str, *, origin: Origin, word: str = "sign_in.wrong"
) -> Proved:
    """word: what is said of a wrong one.

    Raises WrongPasswordError when the two do not belong together, in the same time whether there
    is such an account or not; TooManyAttemptsError.
    """
    member, salt = await _find(email)
    device = None
    if member is not None:
        device = house.devices.find(origin.device, member.id, now=house.clock.now())
    guess = Guess(brakes=IN_PORTAL, account=email, network=origin.network, device=device, kept=salt)
    was_known = await guesses.begin(guess, clock=house.clock)
    shown = await house.passwords.show(password, salt)
    # Asked of every address, so that no answer takes longer where there is an account.
    is_right = is_email(email) and await members.is_password(email, shown)
    if not is_right or member is None or salt is None:
        note(SecuritySite.PORTAL, SecurityKind.SIGN_IN_FAILED, source=origin.network)
        raise WrongPasswordError(word, member)
    await guesses.succeed(guess, was_known=was_known, clock=house.clock)
    return Proved(member=member, kept=shown, is_known=device is not None)


async def _find(email: str) -> tuple[Member | None, str | None]:
    # What is no address may be text that the database cannot even be asked for.
    if not is_email(email):
        return None, None
    return await members.find_account(email) or (None, None)
