"""What is said of a file that the portal does not hold."""

from uuid import UUID

import pytest

from portal.file_window import WhyNot
from portal.files import describe_file, to_file_name, to_showing, to_size
from portal.services.show_thread import FILES
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


@pytest.mark.parametrize(
    ("declared", "given"),
    [
        ("image/jpeg", "image/jpeg"),
        ("image/jpg", "image/jpeg"),
        ("image/png", "image/png"),
        ("image/webp", "image/webp"),
        ("image/gif", "image/gif"),
        ("audio/ogg", "audio/ogg"),
        ("audio/mp3", "audio/mpeg"),
        ("audio/x-m4a", "audio/mp4"),
        ("video/mp4", "video/mp4"),
    ],
)
def test_pictures_sound_and_videos_of_few_types_are_shown(declared, given):
    showing = to_showing(declared)
    assert (showing.mime_type, showing.inline) == (given, True)


@pytest.mark.parametrize(
    ("declared", "given"),
    [("application/pdf", "application/pdf"), *((each, "application/octet-stream") for each in (
        "text/html", "image/svg+xml", "application/xhtml+xml", "text/plain", "image/bmp",
        "video/webm", "application/octet-stream", "", "IMAGE/PNG\r\nX: 1"))],
)  # fmt: skip
def test_everything_else_is_saved_as_bytes_and_pdf_as_pdf(declared, given):
    showing = to_showing(declared)
    assert (showing.mime_type, showing.inline) == (given, False)


def test_every_file_is_fenced_in_and_what_is_played_may_fetch_itself():
    for declared in ("image/jpeg", "application/pdf", "text/html"):
        assert "sandbox; default-src 'none'" in to_showing(declared).policy
    assert to_showing("video/mp4").policy.startswith("default-src 'none'; media-src 'self';")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("orodha ya bei.pdf", "orodha ya bei.pdf"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a\\b:c.pdf", "a_b:c.pdf"),
        ("picha\u202egpj.exe", "picha_gpj.exe"),
        ("a\r\nb\u2028c\0.png", "a__b_c_.png"),
        ("x" * 500 + ".pdf", "x" * 96 + ".pdf"),
        ("x" * 500, "x" * 100),
        ("👍🏽.png", "👍🏽.png"),
    ],
)
def test_a_file_keeps_its_name_without_what_could_hide_what_it_is(given, name):
    assert name_of(given) == name


@pytest.mark.parametrize("given", [None, "", " ", "..", "\u202e", "._."])
def test_a_file_without_a_name_is_given_one(given):
    assert name_of(given) == f"voice-{UUID(int=7)}.ogg"


def name_of(given):
    media = Media(mime_type="audio/ogg", size=1, file_name=given)
    return to_file_name(
        media, kind=MessageKind.VOICE, message_id=UUID(int=7), mime_type="audio/ogg"
    )


def test_every_file_that_may_be_opened_and_every_reason_against_it_has_its_words():
    for kind in FILES:
        assert f"messages.open_{kind.lower()}" in TEXTS
    for why in WhyNot:
        assert {f"file.{why.lower()}", f"file.{why.lower()}_more"} <= TEXTS.keys()
