"""What was found is seen, and nothing of the text is lost over it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.highlight import find_excerpt, split_marked


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        pytest.param("Bei gani? BEIJING", "bei", ["Bei", "BEI"], id="whatever the case"),
        pytest.param("unga na mafuta", "mafuta UNGA", ["unga", "mafuta"], id="each word"),
        pytest.param("a.b* c", ".*", [], id="no pattern of theirs"),
        pytest.param("kobei", "bei", [], id="where a word begins"),
        pytest.param("Habari", "", [], id="nothing was asked"),
    ],
)
def test_what_was_looked_for_is_marked(text, words, marked):
    assert [piece for piece, is_it in split_marked(text, words) if is_it] == marked


@given(st.text(max_size=200), st.text(max_size=30))
def test_the_pieces_are_the_text(text, words):
    assert "".join(piece for piece, _ in split_marked(text, words)) == text


def test_an_excerpt_shows_what_was_found_also_far_within():
    text = "x " * 5000 + "mafuta ya alizeti " + "y " * 5000
    excerpt = find_excerpt(text, "alizeti", 200)
    assert "mafuta ya alizeti" in excerpt
    assert excerpt.startswith("…x")
    assert len(excerpt) <= 201


def test_an_excerpt_of_what_has_none_of_the_words_is_its_beginning():
    assert find_excerpt("Habari " * 100, "mafuta", 20) == ("Habari " * 100)[:20]
