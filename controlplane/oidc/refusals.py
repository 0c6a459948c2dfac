"""Why a sign-in by the provider came to nothing: a page says each in words of its own. Pure."""

from enum import StrEnum


class Refusal(StrEnum):
    """AWAY: the provider does not answer, or not as it should. DENIED: it let nobody in. FORGOTTEN:
    nothing was begun in this browser, it took too long, or it was done already. CODE: the provider
    did not take the code. SIGNATURE: the token is not signed by the provider. TOKEN: it is not of
    the shape that it must have. ISSUER, AUDIENCE, NONCE: it is of another provider, for another
    program, or for another sign-in. EXPIRED: or from the future. MAIL: no address, or one that the
    provider has not verified. UNKNOWN: nobody here has the address. ROLE: the provider gives none.
    LAST_ADMIN: the role that it gives would leave nobody who administers. STALE: asked to sign in
    anew, the provider did not ask.
    """

    AWAY = "AWAY"
    DENIED = "DENIED"
    FORGOTTEN = "FORGOTTEN"
    CODE = "CODE"
    SIGNATURE = "SIGNATURE"
    TOKEN = "TOKEN"  # noqa: S105  a word
    ISSUER = "ISSUER"
    AUDIENCE = "AUDIENCE"
    NONCE = "NONCE"
    EXPIRED = "EXPIRED"
    MAIL = "MAIL"
    UNKNOWN = "UNKNOWN"
    ROLE = "ROLE"
    LAST_ADMIN = "LAST_ADMIN"
    STALE = "STALE"


class ProviderRefusedError(Exception):
    """detail: for the log; nothing that the provider wrote but its own word for an error."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(f"{refusal}: {detail}" if detail else refusal)
        self.refusal = refusal
        self.detail = detail
