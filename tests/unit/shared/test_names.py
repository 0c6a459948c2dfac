"""What a stranger calls a business is a name where we say it, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.names import LONGEST_SAID, clean_name, holds_link, say_name

PLAIN = [
    *(
        "Duka la Asha",
        "Mama Ntilie No. 1",
        "St. Mary's Clinic",
        "Dr. Amina & Co.",
        "A.B.C. Traders",
    ),
    *(
        "Café Zoë",
        "Salon 2000",
        "Duka 24/7",
        "50% off!",
        "Asha \u2013 hair",
        "Kwa Juma: vifaa",
        "C&A",
    ),
    *(
        "مطعم النيل",
        "美容院 30",
        "Hair by Zuri 💇🏾‍♀️",
        "Bei 5.000/-",
        "No.1 Shop",
        "Juma (Kariakoo)",
    ),
    *("O'Neil", "A/B", "Pishori 5kg", "J.B. Hotel", "3.5 Stars", "P.O. Box 12"),
]
LINKS = [
    *(
        "Account blocked, go to http://evil.example",
        "evil.com",
        "Go to evil.com/login now",
        "EVIL.COM",
    ),
    *(
        "www.evil.example",
        "WWW evil",
        "bit.ly/2x",
        "a.co",
        "evil\u3002com",
        "evil\uff0ecom",
        "evil\u2024com",
    ),
    *(
        "\uff45\uff56\uff49\uff4c\uff0e\uff43\uff4f\uff4d",
        "e\u200bvil.c\u200bom",
        "evil\u200d.com",
        "evil.\u202ecom",
        "mailto:a@b.de",
    ),
    *("write to x@evil.example", "https:evil", "HTTPS://x", "hxxp://x.y", "1.2.3.4", "evil.рф"),
    *(
        "tel:+255712345678",
        "Call 0712 345 678",
        "Call +255-712-345-678",
        "0712345678",
        "xn--e.xn--p1ai",
    ),
    *("javascript:alert(1)", "ftp: x", "wa.me/255712345678", "t.me/x", "x.museum", "a.xn--p1ai"),
]


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_is_a_name(name):
    assert clean_name(name) == name
    assert not holds_link(name)
    assert say_name(name) == name


@pytest.mark.parametrize("name", LINKS)
def test_what_becomes_a_link_is_found_and_said_without(name):
    assert holds_link(name)
    assert not holds_link(say_name(name))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  a \t b  ", "a b"),
        ("a\u202eb\u2066c\u200f", "abc"),
        ("a\u200bb\u00adc\ufeff", "abc"),
        ("a\nb\r\nc\u2028d\u2029e", "a b c d e"),
        ("a\x00\x1b[31mb", "a[31mb"),
        ("\u200d\u200d", ""),
        ("\U000e0041a", "a"),
    ],
)
def test_what_nobody_sees_is_not_in_it(text, name):
    assert clean_name(text) == name


def test_a_long_one_is_cut():
    assert len(say_name("Duka la Asha " * 20)) <= LONGEST_SAID
    assert say_name("x" * 200).endswith("…")


@given(st.text(max_size=300))
def test_nothing_becomes_a_link_in_our_name(text):
    said = say_name(text)
    assert not holds_link(said)
    assert len(said) <= LONGEST_SAID
    assert said == clean_name(said)
    assert "\n" not in said


@given(st.text(alphabet="ab.\u3002:@/w0123 \u200d\u202e-+()", max_size=40))
def test_nor_whatever_is_put_together_to_be_one(text):
    assert not holds_link(say_name(text))
