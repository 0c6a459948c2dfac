"""Values as people type them, and what is wrong with them. Pure."""

from collections.abc import Mapping

from shared.email import is_email


class FormError(Exception):
    """What to tell a person at which field: keys of texts."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(", ".join(wrong))
        self.wrong = dict(wrong)


def read_email(form: Mapping[str, str]) -> str:
    """Raises FormError."""
    email = form.get("email", "").strip()
    if not is_email(email):
        raise FormError({"email": "email.wrong"})
    return email
