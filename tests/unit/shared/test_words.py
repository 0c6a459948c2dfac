"""Which of several phrases a customer meant: the one that was said first."""

import pytest

from shared.flows.words import find_phrase, phrases, tokens


@pytest.mark.parametrize(
    ("said", "wanted", "place"),
    [
        pytest.param("bei na saa", ("saa", "bei"), (0, -1), id="the earliest, not the first named"),
        pytest.param("nataka saa za kazi", ("saa", "saa za kazi"), (1, -3), id="then the longest"),
        pytest.param("saa za kazi na bei", ("bei", "saa za kazi"), (0, -3), id="a later, shorter"),
        pytest.param("kazi saa", ("saa", "kazi saa moja"), (1, -1), id="no half of a phrase"),
        pytest.param("habari", ("bei",), None, id="none"),
        pytest.param("", ("bei",), None, id="nothing said"),
        pytest.param("bei", (), None, id="nothing wanted"),
    ],
)
def test_the_earliest_phrase_wins_and_of_two_there_the_longer(said, wanted, place):
    assert find_phrase(tokens(said), phrases(*wanted)) == place
