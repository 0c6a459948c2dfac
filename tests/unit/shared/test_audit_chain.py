"""Links of the audit log's chain, judged one after the other."""

from hashlib import sha256

import msgspec
import pytest

from shared.audit_chain import Link, digest_of, find_fault, hash_of

PARTS = ("id", "1", "KEY", "admin", "config.set", None, '{"é": 1}', "::1", None, "1000.5")


def link(before: str = "", **changes) -> Link:
    """A good one, but for what is changed after it was made."""
    made = Link(
        position=1,
        entry="id",
        at="1000.5",
        is_hourly=changes.pop("made_hourly", False),
        digest=digest_of(PARTS),
        hash="",
        parts=PARTS,
    )
    made = msgspec.structs.replace(made, hash=hash_of(before, made))
    return msgspec.structs.replace(made, **changes)


def judge(each: Link, *, position: int = 1, before: str = "", swept_before: float = 0.0):
    return find_fault(each, position=position, before=before, swept_before=swept_before)


def test_what_is_hashed_stays_as_it_is_for_the_database_hashes_it_too() -> None:
    """Each part with its length in bytes, and a sign where there is none."""
    assert digest_of(["a", None, "é"]) == sha256("1:a-2:é".encode()).hexdigest()
    said = f"before 1 id 1000.5 act {digest_of(PARTS)}"
    assert hash_of("before", link()) == sha256(said.encode()).hexdigest()


def test_a_good_link_has_no_fault() -> None:
    assert judge(link()) is None
    assert judge(link("b"), before="b") is None


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"position": 2}, "is missing"),
        ({"entry": "other"}, "was changed"),
        ({"at": "1000.6"}, "was changed"),
        ({"is_hourly": True}, "was changed"),
        ({"digest": digest_of(PARTS[1:])}, "was changed"),
        ({"hash": "0" * 64}, "was changed"),
        ({"parts": None}, "has lost its row"),
        ({"parts": (*PARTS[:3], "other", *PARTS[4:])}, "has a row that was changed"),
        ({"parts": (*PARTS[:3], "admi", "nconfig.set", *PARTS[5:])}, "has a row that was changed"),
    ],
)
def test_each_field_of_a_link_is_held(changes, fault) -> None:
    assert str(judge(link(**changes))).startswith(fault)


def test_a_link_follows_the_one_that_it_was_made_after() -> None:
    assert str(judge(link("b"), before="c")).startswith("was changed")


@pytest.mark.parametrize(
    ("is_hourly", "swept_before", "fault"),
    [
        (True, 1000.6, None),
        (True, 1000.5, "has lost its row"),
        (False, 1000.6, "has lost its row"),
    ],
)
def test_only_what_may_be_swept_and_is_old_may_have_lost_its_row(
    is_hourly, swept_before, fault
) -> None:
    gone = link(made_hourly=is_hourly, parts=None)
    assert judge(gone, swept_before=swept_before) == fault
