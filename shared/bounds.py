"""How large anything may be that a worker says: each bound once, with its reason.

A worker is not trusted (it holds a customer's words and runs in a tenant's container), so the
gateway decodes its frames with these. A value beyond its bound refuses a frame; an event, which a
worker repeats until it is acknowledged, is mended instead (`shared.wire.mending`).
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta

from shared.stored_text import MAX_KEY_LENGTH
from shared.structs.text import MAX_MESSAGE_LENGTH, VISIBLE_ASCII

# PostgreSQL's `integer` and `bigint`; SQLite's row numbers are of the latter's size.
MAX_INTEGER = (1 << 31) - 1
MAX_BIGINT = (1 << 63) - 1
# Readers of JSON keep whole numbers up to here exactly (RFC 8259, section 6).
MAX_EXACT = (1 << 53) - 1
Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
Total = Annotated[int, Meta(ge=0, le=MAX_BIGINT)]
Sequence = Annotated[int, Meta(ge=0, le=MAX_BIGINT)]
Bytes = Annotated[int, Meta(ge=0, le=MAX_EXACT)]
# Seconds, in thousands of years: what a worker's arithmetic makes of an instant that the client
# library does not know, in either direction. `to_past` says what of it can be true.
MAX_AGE = 1e11
Age = Annotated[float, Meta(ge=-MAX_AGE, le=MAX_AGE)]

# WhatsApp was founded in 2009: nothing of it is older.
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
# Codes, bans and silences end before: far enough for any, and well within every calendar.
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
# WhatsApp's clock, the worker's and ours differ; a message from later than this is misdated.
CLOCKS_DIFFER = timedelta(days=1)
# A chat is taken over for hours; no word keeps a bot silent for longer than this.
LONGEST_SILENCE = timedelta(days=31)
# `msgspec` bounds no instants: `is_possible` and `is_sane` do.
Instant = Annotated[datetime, Meta(tz=True)]
# What mending asks of a type: whether what is shortened must stay unequal to every other, and
# whether an instant may be to come.
IS_KEY, IS_END = "is_key", "is_end"
End = Annotated[datetime, Meta(tz=True, extra={IS_END: True})]

# What a sender declares about a file: as long as file names are on the common file systems.
FileText = Annotated[str, Meta(max_length=255)]

# What a message, a person or a chat is named by: as long as a column with an index holds.
Key = Annotated[str, Meta(max_length=MAX_KEY_LENGTH, extra={IS_KEY: True})]
MessageId = Annotated[str, Meta(min_length=1, max_length=MAX_KEY_LENGTH, extra={IS_KEY: True})]
# WhatsApp's own limit for a message, in characters.
LoggedText = Annotated[str, Meta(max_length=MAX_MESSAGE_LENGTH)]
# WhatsApp's phones take 25 characters as one's own name.
PushName = Annotated[str, Meta(max_length=200)]
# Sentences for a person, some with an error of the client library's in them: a line of a log.
Detail = Annotated[str, Meta(max_length=8192)]
# E.164 has fifteen digits at most; what is no number but stands for one is a little longer.
Number = Annotated[str, Meta(max_length=64)]
# Ids that we make: 32 hexadecimal digits, UUIDs, and 64 digits of a SHA-256.
Id = Annotated[str, Meta(max_length=64)]
# What receipts are about: more than a person reads at once. One frame holds no more of long ones.
MessageIds = Annotated[list[MessageId], Meta(max_length=10_000)]
# How many of them our own worker puts into one event.
TOLD_TOGETHER = 1_000

# WhatsApp's QR codes hold about 240 characters; a picture of more than 2,953 cannot be made.
QrText = Annotated[str, Meta(min_length=1, max_length=1024, pattern=VISIBLE_ASCII)]
# Eight characters and a hyphen.
PairingText = Annotated[str, Meta(min_length=1, max_length=32, pattern=VISIBLE_ASCII)]

# `fhw_` and 43 characters; twice as much again for the next form of it.
Token = Annotated[str, Meta(max_length=200)]
# A registry's host, a path of 255 characters at most, a tag of 128 or a digest.
ImageName = Annotated[str, Meta(max_length=512)]
Word = Annotated[str, Meta(max_length=64)]
Words = Annotated[tuple[Word, ...], Meta(max_length=64)]
Totals = Annotated[dict[Word, Total], Meta(max_length=64)]

# Our worker puts 200 into a frame, and no version of it ever more.
MAX_EVENTS = 1_000
# Our worker keeps 500 lines of at most 8,192 characters, and hands over 128 KiB at once.
LogLine = Annotated[str, Meta(max_length=8_192)]
LogText = Annotated[list[LogLine], Meta(max_length=1_000)]


def to_past(now: datetime, age: float | None) -> datetime | None:
    """The instant `age` seconds ago; None where that is none that we could know of."""
    if age is None or not -CLOCKS_DIFFER <= timedelta(seconds=age) <= now - EARLIEST:
        return None
    return now - timedelta(seconds=max(age, 0.0))


def is_possible(at: datetime, *, now: datetime) -> bool:
    """Whether something of WhatsApp's can have happened at that instant."""
    return EARLIEST <= at <= now + CLOCKS_DIFFER


def is_sane(at: datetime | None) -> bool:
    """Whether a column, and every reader of it, can hold that instant; none is one too."""
    return at is None or EARLIEST <= at < LATEST
