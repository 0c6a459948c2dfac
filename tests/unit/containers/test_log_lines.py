"""A log in pieces becomes lines, and stays bounded."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from controlplane.containers.log_lines import MAX_LINE, LogLines


@given(st.text(alphabet="ab\n", max_size=60), st.lists(st.integers(0, 60)))
def test_where_pieces_end_makes_no_difference(text, cuts):
    data, read = text.encode(), LogLines(100)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for begins, ends in pairwise(edges):
        read.add(data[begins:ends])
    read.end()
    assert read.take() == text.splitlines()


def test_what_is_let_go_is_said():
    read = LogLines(2)
    read.add(b"1\n2\n3\n4\n")
    assert read.take() == ["(2 lines left out)", "3", "4"]
    assert read.take() == []


def test_an_endless_line_is_cut_and_the_next_is_whole():
    read = LogLines(9)
    for _ in range(4):
        read.add(b"x" * MAX_LINE)
    read.add(b"\nnext\n")
    assert read.take() == ["x" * MAX_LINE, "next"]


def test_what_is_no_text_is_shown_as_such():
    read = LogLines(9)
    read.add(b"\xff\xfe ok\r\n")
    assert read.take() == ["\ufffd\ufffd ok"]
