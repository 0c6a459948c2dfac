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
    "\uff1d1",
    "=HYPERLINK(1)",
    " =1",
    "\u00a0=1",
    '"=1+1"',
    "\uff0b1",
]
# Of a cell that is read with another separator than ours: what is to be text in it.
HIDDEN = [
    ("x;=1+1", "x;'=1+1"),
    ("x;=1+1;y", "x;'=1+1;y"),
    ("x; +1;\t@A", "x;' +1;\t'@A"),
    ('x;"=1+1"', 'x;\'"=1+1"'),
    ("x\t=1", "x\t'=1"),
    ("x|=1", "x|'=1"),
    ("x\n-1", "x\n'-1"),
    ("x\r\n=1", "x\r\n'=1"),
    ("\t=1", "'\t'=1"),
    ("\r=1", "'\r'=1"),
    ("\n=1", "'\n'=1"),
    ("\tx", "'\tx"),
    ("a;;=1", "a;;'=1"),
    ("=1;=2", "'=1;'=2"),
    ("x;\uff1d1", "x;'\uff1d1"),
]
READERS = [",", ";", "\t", "|"]
SPITEFUL = st.text(alphabet=st.sampled_from("=+-@\uff1d;,|\t\r\n\" 'a1\u00a0\ufeff"), max_size=12)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_could_be_a_formula_is_text(text):
    assert to_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Habari", "1+1", "a=b", "'=1", "👋🏽", "\u202e=1"])
def test_what_could_not_is_left_as_it_is(text):
    assert to_cell(text) == text


@pytest.mark.parametrize(("text", "cell"), HIDDEN)
def test_what_begins_a_cell_for_another_reader_is_text_as_well(text, cell):
    assert to_cell(text) == cell


@pytest.mark.parametrize("text", ["Bei: 5,000-6,000; asante", "a;b", "5 kg; 3 pcs", "a, =b"])
def test_what_begins_none_is_left_as_it_is(text):
    assert to_cell(text) == text


@pytest.mark.parametrize("separator", READERS)
@given(rows=st.lists(st.lists(SPITEFUL, min_size=2, max_size=4), min_size=1, max_size=4))
def test_no_reader_finds_a_formula(separator, rows):
    """Neither one that knows quotes, nor one that cuts at every separator and line."""
    lines = to_lines(rows)
    cells = [cell for row in csv.reader(StringIO(lines, newline=""), delimiter=separator)
             for cell in row]  # fmt: skip
    cells += [cell for line in lines.splitlines() for cell in line.split(separator)]
    if separator == ",":
        # Quotes are what keeps ours in one cell; whoever does not know them reads no CSV.
        cells = [cell for row in csv.reader(StringIO(lines, newline="")) for cell in row]
    assert not [
        cell for cell in cells if cell.lstrip(' \u00a0\ufeff"').startswith(tuple("=+-@\uff1d"))
    ]


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1, max_size=4))
def test_a_reader_of_the_standard_reads_what_was_written(rows):
    lines = to_lines(rows)
    read = list(csv.reader(StringIO(lines, newline=""), strict=True))
    assert read == [[to_cell(text) for text in row] for row in rows]
    assert lines.endswith("\r\n")


def test_breaks_and_quotes_and_commas_stay_within_their_cell():
    assert to_lines([["a\r\nb", 'say "x", y', "c"]]) == '"a\r\nb","say ""x"", y","c"\r\n'
