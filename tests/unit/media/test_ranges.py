"""Which bytes a browser is given of those that it asks for."""

import pytest

from controlplane.media.ranges import Span, UnsatisfiableRangeError, find_span

SIZE = 1000


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-", 0, 999),
        ("bytes=0-1", 0, 1),
        ("bytes=500-", 500, 999),
        ("bytes=999-999", 999, 999),
        ("bytes=10-5000", 10, 999),
        ("bytes=-1", 999, 999),
        ("bytes=-5000", 0, 999),
    ],
)
def test_a_range_is_cut_to_what_there_is(asked, first, last):
    span = find_span(asked, SIZE)
    assert span == Span(first=first, last=last)
    assert span.length == last - first + 1


@pytest.mark.parametrize(
    "asked",
    ["", "bytes=-", "bytes=5-2", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b", "bytes=-1-2",
     "bytes=\u0660-\u0661", f"bytes=0-{'9' * 5000}"],
)  # fmt: skip
def test_what_is_no_range_is_answered_with_all_of_it(asked):
    assert find_span(asked, SIZE) is None


@pytest.mark.parametrize(
    ("asked", "size"), [("bytes=1000-", 1000), ("bytes=-0", 9), ("bytes=0-", 0)]
)
def test_a_range_beyond_the_file_is_refused(asked, size):
    with pytest.raises(UnsatisfiableRangeError):
        find_span(asked, size)
