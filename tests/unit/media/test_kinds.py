import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.media.kinds import UNKNOWN, choose_type, contradicts, find_essence

JPEG, PNG, PDF = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7"
OGG, MP4, WEBP = b"OggS\0\2", b"\0\0\0\x20ftypisom", b"RIFF\1\2\3\4WEBPVP8 "
PAGE = b"  <!DOCTYPE html><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("declared", "head", "served"),
    [
        ("image/jpeg", JPEG, "image/jpeg"),
        ("Image/PNG", PNG, "image/png"),
        ("audio/ogg; codecs=opus", OGG, "audio/ogg"),
        ("video/mp4", MP4, "video/mp4"),
        ("image/webp", WEBP, "image/webp"),
        ("application/pdf", PDF, "application/pdf"),
        ("text/csv", b"jina,bei\n", "text/csv"),
        (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            b"PK\3\4",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        pytest.param("image/jpeg", PNG, UNKNOWN, id="not what it says"),
        pytest.param("image/jpeg", PAGE, UNKNOWN, id="a page that says it is a picture"),
        pytest.param("text/plain", PAGE, UNKNOWN, id="a page that says it is a text"),
        pytest.param("text/html", PAGE, UNKNOWN, id="a page that says so"),
        pytest.param("image/svg+xml", b"<svg onload=alert(1)>", UNKNOWN, id="a drawing that acts"),
        pytest.param("application/atom+xml", b"<?xml", UNKNOWN, id="any XML"),
        pytest.param("", JPEG, UNKNOWN, id="no type"),
        pytest.param("image/jpeg\r\nX-Evil: 1", JPEG, UNKNOWN, id="a header in the type"),
        pytest.param("image", JPEG, UNKNOWN, id="half a type"),
    ],
)
def test_a_file_is_given_out_as_what_it_says_only_when_that_is_harmless_and_true(
    declared, head, served
):
    assert choose_type(declared, head) == served


@pytest.mark.parametrize(
    ("declared", "head", "wrong"),
    [
        ("image/png", JPEG, True),
        ("image/png", PNG, False),
        ("application/zip", b"PK\3\4", False),
        ("text/plain", PAGE, True),
        ("text/html", PAGE, False),
        (UNKNOWN, PAGE, False),
    ],
)
def test_a_type_is_contradicted_by_another_types_beginning(declared, head, wrong):
    assert contradicts(declared, head) is wrong


@given(st.text(max_size=40), st.binary(max_size=64))
def test_whatever_is_declared_the_answer_can_stand_in_a_header(declared, head):
    served = choose_type(declared, head)
    assert find_essence(served) == served
