"""Who is who: from sightings of phones and LIDs to contacts. Pure.

WhatsApp names a person by a phone, by a LID, or by both, and which of them comes first is
chance. Two halves are one contact as soon as one sighting names both.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from shared.structs.contacts import Contact, Sighting

# "Seen" is for people: a contact who writes on is not worth a write for each batch.
PRECISION = timedelta(minutes=1)

_replace = msgspec.structs.replace


class ContactChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to write. removed comes first: an added one may hold the phone of a removed one.

    removed: ids; those that were merged into others, and those whose phone or LID changes,
        which are among `added` again under the same id.
    renewed: phone and LID stay as they are.
    """

    removed: list[UUID] = []
    added: list[Contact] = []
    renewed: list[Contact] = []

    def __bool__(self) -> bool:
        return bool(self.removed or self.added or self.renewed)


def plan_contacts(
    known: Iterable[Contact], sightings: Sequence[Sighting], *, fresh_ids: Sequence[UUID]
) -> ContactChange:
    """`known`: every contact that has a phone or a LID of the sightings, and no other matters.

    fresh_ids: one for each sighting, in case it is of somebody new.
    """
    before = {contact.id: contact for contact in known}
    book = _Book(before.values())
    for sighting, fresh_id in zip(sightings, fresh_ids, strict=True):
        book.see(sighting, fresh_id)
    after = book.contacts
    added = [c for c in after.values() if c.id not in before or _is_moved(before[c.id], c)]
    return ContactChange(
        removed=[c.id for c in before.values() if c.id not in after or _is_moved(c, after[c.id])],
        added=added,
        renewed=[
            contact
            for contact in after.values()
            if contact.id in before
            and not _is_moved(before[contact.id], contact)
            and _is_worth_a_write(before[contact.id], contact)
        ],
    )


def put_together(sightings: Iterable[Sighting]) -> list[Sighting]:
    """One for each pair of phone and LID, in the order in which the pairs were last seen."""
    together: dict[tuple[str | None, str | None], Sighting] = {}
    for sighting in sightings:
        key = (sighting.phone, sighting.lid)
        before = together.pop(key, None)
        together[key] = sighting if before is None else _join(before, sighting)
    return list(together.values())


def to_digits(number: str) -> str:
    """What to look for when somebody types `0712 000`: a national `0` is in no stored number."""
    digits = "".join(filter(str.isdigit, number))
    return digits.lstrip("0") or digits


class _Book:
    def __init__(self, contacts: Iterable[Contact]) -> None:
        self.contacts: dict[UUID, Contact] = {}
        self._by_phone: dict[str, Contact] = {}
        self._by_lid: dict[str, Contact] = {}
        for contact in contacts:
            self._put(contact)

    def see(self, sighting: Sighting, fresh_id: UUID) -> None:
        by_lid = self._by_lid.get(sighting.lid or "")
        by_phone = self._by_phone.get(sighting.phone or "")
        if by_phone is not None and sighting.lid and by_phone.lid not in {None, sighting.lid}:
            # The number is another account's now; whoever had it keeps the LID alone.
            self._drop(by_phone)
            self._put(_replace(by_phone, phone=None))
            by_phone = None
        merged = Contact(
            id=fresh_id,
            phone=sighting.phone,
            lid=sighting.lid,
            push_name=sighting.push_name,
            named_at=sighting.named_at,
            first_seen_at=sighting.first_at,
            last_seen_at=sighting.last_at,
        )
        found = {c.id: c for c in (by_lid, by_phone) if c is not None}
        for contact in found.values():
            self._drop(contact)
            merged = _merge(merged, contact)
        self._put(_replace(merged, id=min(found, default=fresh_id)))

    def _put(self, contact: Contact) -> None:
        self.contacts[contact.id] = contact
        if contact.phone:
            self._by_phone[contact.phone] = contact
        if contact.lid:
            self._by_lid[contact.lid] = contact

    def _drop(self, contact: Contact) -> None:
        del self.contacts[contact.id]
        self._by_phone.pop(contact.phone or "", None)
        self._by_lid.pop(contact.lid or "", None)


def _merge(one: Contact, other: Contact) -> Contact:
    """Where both know a phone or a LID, `one` knows better."""
    named_at, push_name = max(_name_of(one), _name_of(other), key=_by_time)
    return _replace(
        one,
        phone=one.phone or other.phone,
        lid=one.lid or other.lid,
        push_name=push_name,
        named_at=named_at,
        first_seen_at=min(one.first_seen_at, other.first_seen_at),
        last_seen_at=max(one.last_seen_at, other.last_seen_at),
    )


def _join(one: Sighting, other: Sighting) -> Sighting:
    named_at, push_name = max(_name_of(one), _name_of(other), key=_by_time)
    return _replace(
        one,
        first_at=min(one.first_at, other.first_at),
        last_at=max(one.last_at, other.last_at),
        push_name=push_name,
        named_at=named_at,
    )


_Name = tuple[datetime | None, str]


def _name_of(seen: Contact | Sighting) -> _Name:
    return seen.named_at, seen.push_name


def _by_time(name: _Name) -> tuple[float, str]:
    """The newest; of two names at one instant always the same one."""
    return name[0].timestamp() if name[0] is not None else float("-inf"), name[1]


def _is_moved(before: Contact, after: Contact) -> bool:
    return (before.phone, before.lid) != (after.phone, after.lid)


def _is_worth_a_write(before: Contact, after: Contact) -> bool:
    return (
        before.push_name != after.push_name
        or before.first_seen_at != after.first_seen_at
        or after.last_seen_at - before.last_seen_at > PRECISION
        or _by_time(_name_of(after))[0] - _by_time(_name_of(before))[0] > PRECISION.total_seconds()
    )
