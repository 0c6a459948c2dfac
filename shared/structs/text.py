"""Text as it comes from people: bounded, and without what breaks logs, pages and rows."""

from typing import Annotated

import msgspec

# C0, DEL, C1 and the line separators: a name with one of these breaks logs and pages.
_PRINTABLE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
# `$` alone would let a newline at the very end through.
_END = r"(?![\s\S])"
_ONE_LINE = rf"^{_PRINTABLE}*{_END}"
# The same, and at least one character that is not white space.
ONE_LINE_FILLED = rf"^(?=.*\S){_PRINTABLE}+{_END}"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=ONE_LINE_FILLED)]
# Of a menu's entry, or of a holiday: short enough for a line on a phone. Kept inside JSON, where
# half a character has no place.
_LABEL = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+(?![\s\S])"
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=_LABEL)]
# What is wrong with one is told in words by the services: here is only what no password is.
Password = Annotated[str, msgspec.Meta(max_length=2000)]
Note = Annotated[str, msgspec.Meta(max_length=2000, pattern=_ONE_LINE)]
TIME_PATTERN = rf"^([01][0-9]|2[0-3]):[0-5][0-9]{_END}"
# A name of the time zone database; whether there is one so named is `shared.zones`'s to say.
ZONE_PATTERN = rf"^[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){{0,2}}{_END}"
ZoneName = Annotated[str, msgspec.Meta(max_length=64, pattern=ZONE_PATTERN)]
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
# What a bot says in a business's own words: several lines, and something to read in them.
_LINES_FILLED = rf"^(?=[\s\S]*\S)[^\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]*{_END}"
MAX_BOT_TEXT = 1000
BotText = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_BOT_TEXT, pattern=_LINES_FILLED)]
# What WhatsApp's phones take beside a picture.
Caption = Annotated[str, msgspec.Meta(min_length=1, max_length=1024, pattern=_NO_NUL)]
SHA256_PATTERN = rf"^[0-9a-f]{{64}}{_END}"
Sha256 = Annotated[str, msgspec.Meta(pattern=SHA256_PATTERN)]
VISIBLE_ASCII = rf"^[\x21-\x7e]+{_END}"
# What names a message: an id of ours, or WhatsApp's. Longer ones are not kept whole in the log.
MessageRef = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=200,
        pattern=VISIBLE_ASCII,
        description=(
            "A message of the same chat: the id that queuing gave it, its `id` in the log, or its "
            "`wa_message_id`."
        ),
    ),
]
# One emoji as Unicode builds them (UTS 51): a picture with its variation and tone, several of
# them joined, a flag of two letters or of tags, a keycap.
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
    "\ufe0f?[\U0001f3fb-\U0001f3ff]?"
)
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_TAGGED = "\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f"
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
EMOJI_PATTERN = rf"^(?:{_TAGGED}|{_PICTURE}(?:\u200d{_PICTURE}){{0,5}}|{_FLAG}|{_KEYCAP})?{_END}"
Emoji = Annotated[str, msgspec.Meta(pattern=EMOJI_PATTERN)]

# What to tell a person whose text does not match.
PATTERN_PROBLEMS = {
    _ONE_LINE: "must not contain control characters or line breaks",
    ONE_LINE_FILLED: "must not be blank, nor contain control characters or line breaks",
    _LABEL: "must not be blank, nor contain control characters or line breaks",
    _LINES_FILLED: "must not be blank, nor contain control characters other than line breaks",
    _NO_NUL: "must not contain the character U+0000",
    VISIBLE_ASCII: "must be visible ASCII characters without spaces",
    SHA256_PATTERN: "must be the sha256 of an upload: 64 hexadecimal digits, in lower case",
    TIME_PATTERN: "must be a time of day like 08:30",
    NUMBER_PART_PATTERN: "must be part of a phone number or LID: at least two digits",
    EMOJI_PATTERN: "must be one emoji, or empty to take an earlier reaction back",
    ZONE_PATTERN: "must be a time zone like Africa/Dar_es_Salaam",
    PHONE_PATTERN: "must be a phone number in E.164 form, like +255712345678",
}
