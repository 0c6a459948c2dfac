"""Phone numbers in E.164, the one form that is stored and compared."""

import phonenumbers

from shared.errors import InvalidInputError

_PROBLEM = "must be a phone number in E.164 form, like +255712345678"
# As people write numbers, and what is left of them.
_BETWEEN_DIGITS = str.maketrans("", "", " -()./\u00a0")


def to_phone(text: str) -> str:
    """Without what people put between digits; 00 is how a + is dialled."""
    digits = text.translate(_BETWEEN_DIGITS)
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def parse_phone(field: str, text: str) -> str:
    """`text` when it is E.164 and its country could have such a number.

    Only length and country code are judged: tables of assigned ranges are behind the truth,
    and a business with a new number must be able to sign up. Raises InvalidInputError.
    """
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        raise InvalidInputError(field, _PROBLEM) from error
    if phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) != text:
        raise InvalidInputError(field, _PROBLEM)
    if not phonenumbers.is_possible_number(number):
        raise InvalidInputError(field, f"{_PROBLEM}; no number of that country is this long")
    return text
