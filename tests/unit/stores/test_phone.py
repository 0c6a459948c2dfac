"""Which texts are phone numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInputError
from shared.phone import parse_phone


@pytest.mark.parametrize(
    "number",
    ["+255712345678", "+12025550123", "+442071838750", "+8613800138000", "+2348012345678"],
)
def test_numbers_of_many_countries_are_taken(number):
    assert parse_phone("phone_number", number) == number


@given(st.text(max_size=30))
def test_any_other_text_is_refused_by_name_and_no_defect(text):
    try:
        assert parse_phone("owner.phone", text) == text
    except InvalidInputError as error:
        assert error.field == "owner.phone"  # noqa: PT017  some text may be a number
