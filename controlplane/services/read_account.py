"""What is wrong with an e-mail address or a password that somebody chose. Pure."""

from shared.email import is_email
from shared.errors import InvalidInputError
from shared.web.fields import FormError
from shared.web.passwords import MAX_LENGTH, MIN_LENGTH, check_new_password

_PROBLEMS = {
    "password.short": f"must be at least {MIN_LENGTH} characters long",
    "password.long": f"must be at most {MAX_LENGTH} characters long",
    "password.email": "must not be the e-mail address",
}


def check_email(email: str) -> None:
    """Raises InvalidInputError."""
    if not is_email(email):
        raise InvalidInputError("email", "must be an e-mail address, like asha@example.com")


def check_password(password: str, *, email: str) -> None:
    """Raises InvalidInputError."""
    try:
        check_new_password(password, email=email)
    except FormError as error:
        raise InvalidInputError("password", _PROBLEMS[error.wrong["password"]]) from error
