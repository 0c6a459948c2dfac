"""What is wrong with an e-mail address or a password that somebody chose."""

from collections.abc import Iterable

from shared.email import is_email
from shared.errors import InvalidInputError
from shared.web.fields import FormError
from shared.web.password_rules import MAX_LENGTH, MIN_LENGTH
from shared.web.passwords import check_new_password

_PROBLEMS = {
    "password.short": f"must be at least {MIN_LENGTH} characters long",
    "password.long": f"must be at most {MAX_LENGTH} characters long",
    "password.email": "must not be the e-mail address",
    "password.named": "must not be made of the name, the address or of FlowHQ",
    "password.common": "is too easy to guess: many use it, or one like it; take several words",
}


def check_email(email: str) -> None:
    """Raises InvalidInputError."""
    if not is_email(email):
        raise InvalidInputError("email", "must be an e-mail address, like asha@example.com")


async def check_password(password: str, *, email: str, names: Iterable[str] = ()) -> None:
    """names: of the business. Raises InvalidInputError."""
    try:
        await check_new_password(password, email=email, names=names)
    except FormError as error:
        raise InvalidInputError("password", _PROBLEMS[error.wrong["password"]]) from error
