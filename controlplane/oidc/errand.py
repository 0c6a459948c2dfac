"""What a browser keeps while it is at the provider: sealed, for a quarter of an hour."""

from datetime import datetime, timedelta
from secrets import token_urlsafe

import msgspec

from controlplane.sealing import SealBrokenError, Sealer

LIFE = timedelta(minutes=15)
_PLACE = "sign-in by the provider"
_BYTES = 32


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """state: comes back with the browser. nonce: comes back in the token. verifier: proves that who
    shows the code began the sign-in (RFC 7636). wanted: the page for afterwards. is_fresh: whether
    the provider was to ask anew.
    """

    state: str
    nonce: str
    verifier: str
    wanted: str
    is_fresh: bool
    expires_at: datetime


def new_errand(wanted: str, *, is_fresh: bool, now: datetime) -> Errand:
    state, nonce, verifier = (token_urlsafe(_BYTES) for _ in range(3))
    return Errand(
        state=state,
        nonce=nonce,
        verifier=verifier,
        wanted=wanted,
        is_fresh=is_fresh,
        expires_at=now + LIFE,
    )


def seal_errand(errand: Errand, *, sealer: Sealer) -> str:
    return sealer.seal(msgspec.json.encode(errand).decode(), place=_PLACE)


def open_errand(cookie: str, *, sealer: Sealer, now: datetime) -> Errand | None:
    """None where nothing was begun in this browser, or too long ago."""
    try:
        errand = msgspec.json.decode(sealer.open(cookie, place=_PLACE), type=Errand)
    except (SealBrokenError, msgspec.DecodeError):
        return None
    return errand if now < errand.expires_at else None
