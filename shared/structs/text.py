"""Text as it comes from people: bounded, and without what breaks logs, pages and rows."""

from typing import Annotated

import msgspec

# C0, DEL, C1 and the line separators: a name with one of these breaks logs and pages.
_PRINTABLE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
# `$` alone would let a newline at the very end through.
_END = r"(?![\s\S])"
_ONE_LINE = rf"^{_PRINTABLE}*{_END}"
# The same, and at least one character that is not white space.
_ONE_LINE_FILLED = rf"^(?=.*\S){_PRINTABLE}+{_END}"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_ONE_LINE_FILLED)]
Note = Annotated[str, msgspec.Meta(max_length=2000, pattern=_ONE_LINE)]
TIME_PATTERN = rf"^([01][0-9]|2[0-3]):[0-5][0-9]{_END}"
TimeOfDay = Annotated[str, msgspec.Meta(pattern=TIME_PATTERN)]
# The shape of E.164; whether a country has such numbers is `shared.phone`'s to say.
PHONE_PATTERN = rf"^\+[1-9][0-9]{{6,14}}{_END}"
# As people type one, and as `+` arrives that was not encoded in a query: as a space.
NUMBER_PART_PATTERN = rf"^[+ ]?[0-9][0-9 ]{{1,30}}(@lid)?{_END}"
PhoneNumber = Annotated[str, msgspec.Meta(pattern=PHONE_PATTERN)]
# A message may have line breaks and anything else that a phone can show.
_NO_NUL = rf"^[^\x00]*{_END}"
MAX_MESSAGE_LENGTH = 65_536
MessageText = Annotated[
    str, msgspec.Meta(min_length=1, max_length=MAX_MESSAGE_LENGTH, pattern=_NO_NUL)
]
VISIBLE_ASCII = rf"^[\x21-\x7e]+{_END}"

# What to tell a person whose text does not match.
PATTERN_PROBLEMS = {
    _ONE_LINE: "must not contain control characters or line breaks",
    _ONE_LINE_FILLED: "must not be blank, nor contain control characters or line breaks",
    _NO_NUL: "must not contain the character U+0000",
    VISIBLE_ASCII: "must be visible ASCII characters without spaces",
    TIME_PATTERN: "must be a time of day like 08:30",
    NUMBER_PART_PATTERN: "must be part of a phone number or LID: at least two digits",
    PHONE_PATTERN: "must be a phone number in E.164 form, like +255712345678",
}
