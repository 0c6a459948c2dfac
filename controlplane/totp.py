"""Codes of an authenticator (RFC 6238: six digits, 30 seconds, SHA-1, as every app has them)."""

import re
from base64 import b32encode
from datetime import datetime
from hmac import compare_digest
from secrets import token_bytes

import pyotp

STEP_SECONDS = 30
# A clock that is half a minute off, or a code that was typed slowly (RFC 6238, 5.2).
DRIFT = 1
ISSUER = "FlowHQ"
RECOVERY_CODES = 10
_CODE = re.compile(r"[0-9]{6}")
_RECOVERY_BYTES, _GROUP = 10, 4


def new_totp_secret() -> str:
    """160 bits, as the hash is long (RFC 4226, 4)."""
    return pyotp.random_base32(32)


def to_uri(secret: str, *, account: str) -> str:
    """What the authenticator scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def find_step(secret: str, code: str, *, now: datetime) -> int | None:
    """The step whose code it is, of the three that are good now; None where it is none's."""
    code = "".join(code.split())
    if not _CODE.fullmatch(code):
        return None
    totp, at = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(at - DRIFT, at + DRIFT + 1):
        if compare_digest(totp.generate_otp(step), code):
            found = step
    return found


def new_recovery_code() -> str:
    """80 bits: too many to be found by their hash."""
    text = b32encode(token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def to_recovery_code(typed: str) -> str:
    """As it was shown, however it was typed."""
    text = "".join(char for char in typed.lower() if char.isascii() and char.isalnum())
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
