"""What strangers write takes no more of a page than it may, whatever it is."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.excerpts import cut, one_line, parts_of

TEXTS = st.text(max_size=300) | st.text(alphabet="&<>\"' \n👩🏽‍🌾\u202eش", max_size=300)


def size(text):
    return len(escape(text).encode())


@given(TEXTS, st.integers(min_value=1, max_value=200))
def test_a_cut_fits_and_is_a_beginning_and_says_whether_it_is_all(text, most):
    beginning, is_cut = cut(text, most)
    assert size(beginning) <= most
    assert text.startswith(beginning)
    assert is_cut == (beginning != text)
    assert is_cut == (size(text) > most)


@given(TEXTS, st.integers(min_value=6, max_value=200))
def test_the_parts_are_all_of_it_and_fit(text, most):
    parts = parts_of(text, most)
    assert "".join(parts) == text
    assert all(size(part) <= most for part in parts)


def test_the_longest_text_of_the_worst_character_is_a_few_parts():
    assert len(parts_of("&" * 65_536, 40_000)) == 9


def test_a_cut_ends_with_a_word_and_not_within_a_character():
    assert cut("Habari ya asubuhi", 12) == ("Habari ya", True)
    assert cut("a" * 10 + "👩‍🌾", 17) == ("a" * 10 + "👩", True)


@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\u2028", "\x0b", "\x85"])
def test_one_line_has_no_breaks(breaks):
    assert one_line(f"Habari{breaks}yako", 100) == "Habari yako"
