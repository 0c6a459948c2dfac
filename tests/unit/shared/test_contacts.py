"""Who is who, whatever is seen first."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contacts import PRECISION, plan_contacts, put_together, to_digits
from shared.structs.contacts import Contact, Sighting

T0 = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PHONE, OTHER_PHONE = "+255712000001", "+255712000002"
LID, OTHER_LID = "1@lid", "2@lid"


def seen(
    phone: str | None = None, lid: str | None = None, *, hour: int = 0, name: str = ""
) -> Sighting:
    at = T0 + timedelta(hours=hour)
    return Sighting(
        phone=phone,
        lid=lid,
        first_at=at,
        last_at=at,
        push_name=name,
        named_at=at if name else None,
    )


class Rows:
    """The table, as the store keeps it: removed first, and no phone or LID twice."""

    def __init__(self) -> None:
        self.rows: dict[UUID, Contact] = {}
        self._count = 0

    def tell(self, *sightings: Sighting) -> bool:
        """True when something was written."""
        together = put_together(sightings)
        ids = [UUID(int=self._count + n) for n in range(1, len(together) + 1)]
        self._count += len(together)
        phones = {s.phone for s in together} - {None}
        lids = {s.lid for s in together} - {None}
        known = [c for c in self.rows.values() if c.phone in phones or c.lid in lids]
        change = plan_contacts(known, together, fresh_ids=ids)
        for gone in change.removed:
            del self.rows[gone]
        for contact in change.added:
            assert contact.id not in self.rows
            self.rows[contact.id] = contact
        for contact in change.renewed:
            assert self.rows[contact.id].phone == contact.phone
            self.rows[contact.id] = contact
        for name in ("phone", "lid"):
            values = [v for c in self.rows.values() if (v := getattr(c, name)) is not None]
            assert len(values) == len(set(values)), f"two contacts with one {name}"
        return bool(change)

    @property
    def people(self) -> set[tuple[str | None, str | None]]:
        return {(c.phone, c.lid) for c in self.rows.values()}


PEOPLE = st.lists(
    st.tuples(
        st.integers(0, 3),  # whose
        st.sampled_from(["phone", "lid", "both"]),
        st.integers(0, 50),  # the hour
        st.sampled_from(["", "Asha", "Juma"]),
    ),
    min_size=1,
    max_size=14,
)


def sightings_of(drawn: list[tuple[int, str, int, str]]) -> list[Sighting]:
    return [
        seen(
            f"+25571200000{who}" if halves != "lid" else None,
            f"{who}@lid" if halves != "phone" else None,
            hour=hour,
            name=name,
        )
        for who, halves, hour, name in drawn
    ]


@given(drawn=PEOPLE, data=st.data())
def test_any_order_and_any_batches_end_in_the_same_contacts(drawn, data):
    in_order, shuffled = Rows(), Rows()
    sightings = sightings_of(drawn)
    in_order.tell(*sightings)
    rest = data.draw(st.permutations(sightings))
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        shuffled.tell(*rest[:size])
        rest = rest[size:]
    assert contents(shuffled) == contents(in_order)


@given(drawn=PEOPLE)
def test_one_person_is_one_contact_as_soon_as_both_halves_were_seen_together(drawn):
    rows = Rows()
    for sighting in sightings_of(drawn):
        rows.tell(sighting)
    for who in {who for who, halves, *_ in drawn if halves == "both"}:
        assert (f"+25571200000{who}", f"{who}@lid") in rows.people
        assert sum(f"{who}@lid" in c or f"+25571200000{who}" in c for c in rows.people) == 1


@given(drawn=PEOPLE)
def test_what_was_told_before_changes_nothing(drawn):
    rows = Rows()
    rows.tell(*sightings_of(drawn))
    assert not rows.tell(*sightings_of(drawn))


PAIRS = st.tuples(
    st.sampled_from([None, PHONE, OTHER_PHONE]), st.sampled_from([None, LID, OTHER_LID])
).filter(any)


@given(pairs=st.lists(PAIRS, min_size=1, max_size=12))
def test_the_last_pair_that_was_seen_holds_however_numbers_change_hands(pairs):
    rows = Rows()  # which itself asserts that no phone and no LID is there twice
    for pair in pairs:
        rows.tell(seen(*pair))
    phone, lid = pairs[-1]
    assert any(phone in {None, c[0]} and lid in {None, c[1]} for c in rows.people)


def contents(rows: Rows) -> set[tuple[object, ...]]:
    """All but the ids, which say when a row was made."""
    return {msgspec.structs.astuple(contact)[1:] for contact in rows.rows.values()}


def test_two_halves_become_the_older_row_with_the_earliest_and_the_latest_instant():
    rows = Rows()
    rows.tell(seen(PHONE, hour=5))
    rows.tell(seen(lid=LID, hour=1, name="Asha"))
    rows.tell(seen(PHONE, LID, hour=3))
    [contact] = rows.rows.values()
    assert contact == Contact(
        id=UUID(int=1),
        phone=PHONE,
        lid=LID,
        push_name="Asha",
        named_at=T0 + timedelta(hours=1),
        first_seen_at=T0 + timedelta(hours=1),
        last_seen_at=T0 + timedelta(hours=5),
    )


def test_a_person_with_a_new_number_stays_one_contact():
    rows = Rows()
    rows.tell(seen(PHONE, LID))
    rows.tell(seen(OTHER_PHONE, LID, hour=1))
    assert rows.people == {(OTHER_PHONE, LID)}


def test_a_number_that_was_given_to_somebody_else_leaves_the_first_with_the_lid():
    rows = Rows()
    rows.tell(seen(PHONE, LID))
    rows.tell(seen(PHONE, OTHER_LID, hour=1))
    assert rows.people == {(None, LID), (PHONE, OTHER_LID)}


def test_somebody_who_writes_on_is_written_down_once_a_minute():
    rows = Rows()
    rows.tell(seen(PHONE, LID))
    soon = T0 + PRECISION
    assert not rows.tell(Sighting(phone=PHONE, lid=LID, first_at=soon, last_at=soon))
    later = soon + timedelta(seconds=1)
    assert rows.tell(Sighting(phone=PHONE, lid=LID, first_at=later, last_at=later))
    assert [c.last_seen_at for c in rows.rows.values()] == [later]


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        pytest.param("+255 712 000 001", "255712000001", id="spaces and plus"),
        pytest.param("0712 000", "712000", id="as one dials at home"),
        pytest.param("123@lid", "123", id="a LID"),
        pytest.param("00", "00", id="nothing but zeros"),
    ],
)
def test_a_number_is_looked_for_by_its_digits(typed, digits):
    assert to_digits(typed) == digits
