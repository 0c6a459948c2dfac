"""Browsers in which somebody was signed in before: a cookie says so, signed for each account.

It lets nobody in. Guesses of strangers do not hold up whoever has it, and it has counts of its own.
"""

import re
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hmac import compare_digest
from hmac import digest as sign
from secrets import token_urlsafe
from uuid import UUID

import msgspec

# As long as browsers keep any cookie; made anew with each sign-in.
LIFE = timedelta(days=400)
# People who share a browser. Whoever was signed in least recently is forgotten first.
MOST_ACCOUNTS = 8
_ID_BYTES, _TAG_BYTES = 16, 16
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_MARK = re.compile(r"([0-9]{1,6})-([A-Za-z0-9_-]{22})")


class Devices(msgspec.Struct, frozen=True, kw_only=True):
    """secret: of the site; the other site's cookies mean nothing here."""

    secret: str

    def find(self, cookie: str, account: UUID, *, now: datetime) -> str | None:
        """The browser's name, where the account was signed in in it; None for any other word."""
        device, marks = _read(cookie)
        if device is None:
            return None
        for day, tag in marks:
            is_fresh = 0 <= _day(now) - day <= LIFE.days
            if is_fresh and compare_digest(tag, self._tag(device, account, day)):
                return device
        return None

    def mark(self, cookie: str, account: UUID, *, now: datetime) -> str:
        """What the browser is to keep, now that the account is signed in in it."""
        device, marks = _read(cookie)
        if device is None:
            device, marks = token_urlsafe(_ID_BYTES), []
        others = [(day, tag) for day, tag in marks if tag != self._tag(device, account, day)]
        today = _day(now)
        kept = [(today, self._tag(device, account, today)), *others][:MOST_ACCOUNTS]
        return ".".join([device, *(f"{day}-{tag}" for day, tag in kept)])

    def _tag(self, device: str, account: UUID, day: int) -> str:
        words = f"device/{device}/{account}/{day}".encode()
        tag = sign(self.secret.encode(), words, "sha256")[:_TAG_BYTES]
        return urlsafe_b64encode(tag).decode().rstrip("=")


def _read(cookie: str) -> tuple[str | None, list[tuple[int, str]]]:
    device, *marks = cookie.split(".", MOST_ACCOUNTS + 1)[: MOST_ACCOUNTS + 1]
    if not _ID.fullmatch(device):
        return None, []
    found = (_MARK.fullmatch(mark) for mark in marks)
    return device, [(int(each[1]), each[2]) for each in found if each]


def _day(now: datetime) -> int:
    return int(now.timestamp()) // 86_400
