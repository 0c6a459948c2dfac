"""A password that others try first is refused, and one that a person can remember is not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from shared.web.password_rules import find_fault

EMAIL = "asha@example.com"
GOOD = [
    "three good words",
    "other good words",
    "quite other words",
    "correct horse battery staple",
    "mti wangu una ndege watano",
    "asha loves green mangoes",
    "xK9#mQ2$vL",
    "Dar-es-Salaam ina mvua 7 leo",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e04\u0e23\u0e31\u0e1a\u0e04\u0e38\u0e13",
]
COMMON = [
    *("password12", "Password12", "p@ssw0rd12", "PASSWORD123", "password12!", "passwordpassword"),
    *("qwertyuiop", "qwertyuiop12", "1234567890", "0987654321", "1q2w3e4r5t", "zxcvbnm123"),
    *("iloveyou12", "letmein1234", "administrator", "welcome2026", "aaaaaaaaaa", "abababababab"),
    *("abcdefghij", "19901990199", "nakupenda12", "Tanzania2026", "karibu12345", "simbayanga"),
    *(
        "hakunamatata1",
        "jumatatu123",
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44\uff11\uff12",
    ),
]
NAMED = [
    *(
        "flowhq12345",
        "FlowHQ-2026",
        "flowhqflowhq",
        "flow hq 12345",
        "ashasalon12",
        "AshaSalon!2026",
    ),
    *("asha salon 2026", "Salon-Asha-1", "asha@example.com1", "ashaexample", "asha.example.com"),
    "WhatsApp2026",
]


@pytest.mark.parametrize("password", GOOD)
def test_what_is_hard_to_guess_is_taken(password):
    assert find_fault(password, email=EMAIL, names=["Asha Salon"]) is None


@pytest.mark.parametrize("password", COMMON)
def test_what_many_use_is_refused(password):
    assert find_fault(password, email="juma@x.de", names=["Duka"]) == "password.common"


@pytest.mark.parametrize("password", NAMED)
def test_what_an_acquaintance_would_try_is_refused(password):
    assert find_fault(password, email=EMAIL, names=["Asha Salon"]) in {
        "password.named",
        "password.common",
    }


def test_no_password_of_the_lists_is_taken():
    known = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= 10]
    assert len(known) > 500
    assert [word for word in known[::20] if find_fault(word, email=EMAIL) is None] == []


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "password.short"),
        ("x" * 201, "password.long"),
        (EMAIL.upper(), "password.email"),
        ("", "password.short"),
        ("\0" * 10, "password.common"),
        ("a" * 200, "password.common"),
    ],
)
def test_each_fault_is_told(password, fault):
    assert find_fault(password, email=EMAIL) == fault


@given(password=st.text(max_size=300), email=st.text(max_size=40), name=st.text(max_size=300))
def test_nothing_that_people_type_is_too_odd(password, email, name):
    find_fault(password, email=email, names=[name])


@pytest.mark.parametrize(
    "password", ["@4$5!1|0" * 25, "p4ssw0rd" * 25, "19951995" * 25, "\ufdfa" * 200, "qw" * 100]
)
def test_the_longest_takes_no_second(password):
    begun = time.process_time()
    find_fault(password, email=EMAIL, names=["x" * 200])
    assert time.process_time() - begun < 1
