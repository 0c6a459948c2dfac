"""A table that strangers wrote is read as they wrote it, and works nothing out."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.csv_rows import to_cell, to_lines

# What PostgreSQL can hold.
TEXTS = st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
FORMULAS = [
    "=1+1",
    "+255712000001",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "=HYPERLINK(1)",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_could_be_a_formula_is_text(text):
    assert to_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Habari", "1+1", "a=b", "'=1", "👋🏽", "\u202e=1"])
def test_what_could_not_is_left_as_it_is(text):
    assert to_cell(text) == text


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1, max_size=4))
def test_a_reader_of_the_standard_reads_what_was_written(rows):
    lines = to_lines(rows)
    read = list(csv.reader(StringIO(lines, newline=""), strict=True))
    assert read == [[to_cell(text) for text in row] for row in rows]
    assert lines.endswith("\r\n")


def test_breaks_and_quotes_and_commas_stay_within_their_cell():
    assert to_lines([["a\r\nb", 'say "x", y', "c"]]) == '"a\r\nb","say ""x"", y",c\r\n'
