"""The chain of audit rows: each link holds the hash of the one before and of its own row. Pure.

The database makes the links (`flowhq_link_audit` in the migrations); this says again what is
hashed, so that whoever changed the database's functions has changed nothing of the verifying.
"""

from collections.abc import Iterable
from hashlib import sha256

import msgspec


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """position: from 1, without gaps. entry: the row's id. at: of the row, in seconds as the
    database writes them. is_hourly: whether the row may be removed once it is old. digest: of the
    row's content. parts: that content as it is now, in the order in which it is hashed; None where
    there is no such row.
    """

    position: int
    entry: str
    at: str
    is_hourly: bool
    digest: str
    hash: str
    parts: tuple[str | None, ...] | None


def digest_of(parts: Iterable[str | None]) -> str:
    # With the length of each, so that no two rows are the same text.
    said = "".join("-" if each is None else f"{len(each.encode())}:{each}" for each in parts)
    return sha256(said.encode()).hexdigest()


def hash_of(before: str, link: Link) -> str:
    """before: the hash of the link before; empty for the first."""
    kind = "hourly" if link.is_hourly else "act"
    said = f"{before} {link.position} {link.entry} {link.at} {kind} {link.digest}"
    return sha256(said.encode()).hexdigest()


def find_fault(link: Link, *, position: int, before: str, swept_before: float) -> str | None:
    """What is wrong with this link, as the one that follows `before` at `position`.

    swept_before: seconds since 1970; hourly rows of before may be gone.
    """
    if link.position != position:
        return "is missing"
    if link.hash != hash_of(before, link):
        return "was changed, or one before it was removed or put in"
    if link.parts is None:
        is_swept = link.is_hourly and float(link.at) < swept_before
        return None if is_swept else "has lost its row"
    return None if digest_of(link.parts) == link.digest else "has a row that was changed"
