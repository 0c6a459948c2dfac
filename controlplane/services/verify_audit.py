"""Whether the audit log is as it was written: link by link, in a moment of the database's."""

from datetime import datetime

import msgspec

from shared.audit_chain import Link, find_fault
from shared.db.engine import transaction
from shared.stores import audit_chain
from shared.stores.audit import HOURLY_KEPT
from shared.stores.audit_chain import Head

# Of rows in memory at once.
BATCH = 2000


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """faults: what is wrong, the first broken link first; none where all is as it was written."""

    head: Head
    faults: list[str]


async def verify_audit(*, expected: str | None, now: datetime) -> Verdict:
    """expected: a hash that was the head's at some time; the chain must have it still."""
    async with transaction():
        await audit_chain.hold_still()
        head = await audit_chain.find_head()
        last, is_found, fault = await _walk(expected, swept_before=(now - HOURLY_KEPT).timestamp())
        faults = [] if fault is None else [fault]
        if fault is None and last != head:
            faults.append(
                f"the chain ends at {last.position}, and the newest row was at {head.position}:"
                " what came last was removed, or another end was written"
            )
        unlinked = await audit_chain.find_unlinked()
        if unlinked is not None:
            faults.append(
                f"row {unlinked.id} ({unlinked.action}, {unlinked.at}) is no link of the chain:"
                " it was put in"
            )
        if expected is not None and fault is None and not is_found:
            faults.append(
                "no row has the hash that is expected: what came last was removed, or the chain was"
                " written anew"
            )
    return Verdict(head=head, faults=faults)


async def _walk(expected: str | None, *, swept_before: float) -> tuple[Head, bool, str | None]:
    """Where the chain ends or breaks, whether the expected hash was met, and the first fault."""
    last, is_found = Head(position=0, hash=""), False
    while True:
        links = await audit_chain.list_links(after=last.position, limit=BATCH)
        for link in links:
            position = last.position + 1
            fault = find_fault(link, position=position, before=last.hash, swept_before=swept_before)
            if fault is not None:
                return last, is_found, f"position {position} {fault}{_name(link, position)}"
            last = Head(position=link.position, hash=link.hash)
            is_found = is_found or link.hash == expected
        if len(links) < BATCH:
            return last, is_found, None


def _name(link: Link, position: int) -> str:
    if link.position != position:
        return f"; {link.position} is next"
    action = "" if link.parts is None else f", {link.parts[4]}"
    return f": row {link.entry} of {datetime.fromtimestamp(float(link.at)).astimezone()}{action}"
