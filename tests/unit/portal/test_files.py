"""What is said of a file that the portal does not hold."""

import pytest

from portal.files import describe_file, to_size
from portal.texts import TEXTS
from shared.enums import MessageKind, OutboundState
from shared.structs.media import Media


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, ""), (-1, ""), (512, "512 B"), (1234, "1.2 kB"), (81_920, "82 kB"), (999_999, "1.0 MB"),
     (5 * 10**9, "5.0 GB"), (10**15, "1000000 GB")],
)  # fmt: skip
def test_a_size_is_said_in_units_that_people_know(size, said):
    assert to_size(size) == said


def test_a_file_is_described_by_what_is_known():
    voice = Media(mime_type="audio/ogg", size=14_000, duration=67)
    assert describe_file(voice) == "1:07 · 14 kB"
    document = Media(mime_type="application/pdf", size=0, file_name="orodha.pdf")
    assert describe_file(document) == "orodha.pdf"


def test_every_kind_and_every_state_has_its_word():
    for kind in MessageKind:
        assert f"messages.kind_{kind.lower()}" in TEXTS
    for state in OutboundState:
        assert f"messages.state_{state.lower()}" in TEXTS
