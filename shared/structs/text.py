"""Text as it comes from people: bounded, one line, and without control characters."""

from typing import Annotated

import msgspec

# C0, DEL, C1 and the line separators: a name with one of these breaks logs and pages.
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
# The same, and at least one character that is not white space.
_ONE_LINE_FILLED = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f\u2028\u2029]+[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_ONE_LINE_FILLED)]
Note = Annotated[str, msgspec.Meta(max_length=2000, pattern=_ONE_LINE)]
TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
