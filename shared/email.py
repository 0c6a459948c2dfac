"""E-mail addresses as people type them. Pure."""

import re

# Of PostgreSQL's unique index, and of RFC 5321.
MAX_LENGTH = 254
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)


def is_email(text: str) -> bool:
    return len(text) <= MAX_LENGTH and _EMAIL.fullmatch(text) is not None
