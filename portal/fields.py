"""Values as people type them, and what is wrong with them. Pure."""

import re
from collections.abc import Mapping

# Of PostgreSQL's unique index, and of RFC 5321.
MAX_EMAIL_LENGTH = 254
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)


class FormError(Exception):
    """What to tell a person at which field: keys of texts."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(", ".join(wrong))
        self.wrong = dict(wrong)


def read_email(form: Mapping[str, str]) -> str:
    """Raises FormError."""
    email = form.get("email", "").strip()
    if len(email) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(email):
        raise FormError({"email": "email.wrong"})
    return email
