"""Names: bounded, one line, something to read, and no control characters."""

import msgspec
import pytest

from shared.structs.text import Name


@pytest.mark.parametrize("name", ["Duka", "Salon ya Asha 💇", "a" * 200, "د", "O'Neil & Co. <b>"])
def test_a_name_of_a_business_is_taken(name: str) -> None:
    assert msgspec.convert(name, Name) == name


@pytest.mark.parametrize(
    "name",
    ["", " ", "a" * 201, "a\nb", "a\x00", "\x1b[31m", "a\x7f", "a\u0085b", "a\u2028b", "\t", "a\n"],
    ids=ascii,
)
def test_what_would_break_a_page_or_a_log_is_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, Name)
