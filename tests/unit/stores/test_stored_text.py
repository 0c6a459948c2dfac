"""Text at the database's door."""

from hypothesis import given
from hypothesis import strategies as st

from shared.stores.messages import ascending_ids
from shared.stores.text import MAX_KEY_LENGTH, to_key, to_storable

any_text = st.text(st.characters(categories=None), max_size=40)


@given(any_text)
def test_everything_becomes_what_postgresql_can_store(text):
    storable = to_storable(text)
    storable.encode()
    assert "\0" not in storable


@given(any_text)
def test_what_can_be_stored_is_not_changed(text):
    storable = to_storable(text)
    assert to_storable(storable) == storable


@given(any_text, st.integers(0, 400))
def test_a_key_fits_an_index(text, padding):
    assert len(to_key(text + "x" * padding)) <= MAX_KEY_LENGTH


def test_long_keys_that_differ_at_the_end_stay_unequal():
    assert to_key("x" * 500 + "a") != to_key("x" * 500 + "b")


@given(st.integers(0, 300))
def test_ids_ascend_and_are_version_7(count):
    ids = ascending_ids(count)
    assert ids == sorted(set(ids))
    assert all(each.version == 7 for each in ids)
