"""A file's name in a header, whatever it is."""

import pytest

from shared.web.downloads import to_disposition


@pytest.mark.parametrize(
    ("name", "plain", "encoded"),
    [
        ("bei.pdf", "bei.pdf", "bei.pdf"),
        ("bei za leo.pdf", "bei_za_leo.pdf", "bei%20za%20leo.pdf"),
        ('a"b\r\nX-Evil: 1', "a_b__X-Evil__1", "a%22b__X-Evil%3A%201"),
        ("../../etc/passwd", ".._.._etc_passwd", ".._.._etc_passwd"),
        ("evil\u202egnp.exe", "evil_gnp.exe", "evil_gnp.exe"),
        ("ünï.png", "?n?.png", "%C3%BCn%C3%AF.png"),
        ("\ud800.png", "_.png", "_.png"),
    ],
)
def test_a_name_is_said_twice_and_breaks_out_of_neither(name, plain, encoded):
    assert to_disposition(name) == (f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")


def test_what_may_be_shown_is_inline():
    assert to_disposition("a.png", inline=True).startswith("inline; ")
