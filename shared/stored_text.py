"""Text as PostgreSQL holds it: all of Unicode but U+0000 and half characters; and as an index does.

Pure. The stores apply it to every row, and both ends of the wire to what is too long for it.
"""

from hashlib import sha256

REPLACEMENT = "\ufffd"
# Room in an index entry (2704 bytes) for three of these at four bytes a character.
MAX_KEY_LENGTH = 200
ELLIPSIS = "…"


def to_storable(text: str) -> str:
    """`text` with what cannot be stored replaced, visibly, by U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # Two halves that belong together are joined; a lone one is replaced.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def to_storable_or_none(text: str | None) -> str | None:
    return None if text is None else to_storable(text)


def to_key(text: str) -> str:
    """`text` short enough to be indexed, and still unequal to every other.

    Message ids are chosen by the sender's device: one of 10 kB must not stop the batch it is in.
    """
    storable = to_storable(text)
    if len(storable) <= MAX_KEY_LENGTH:
        return storable
    digest = sha256(storable.encode()).hexdigest()
    return f"{storable[: MAX_KEY_LENGTH - len(digest) - 1]}~{digest}"


def cut(text: str, length: int) -> str:
    """`text`, or its beginning with a mark that says how long it was: `length` characters at most.

    Where there is no room for the whole mark, an ellipsis is all of it.
    """
    if len(text) <= length:
        return text
    mark = f"{ELLIPSIS} [{len(text):,} characters]"
    if len(mark) * 4 > length:
        mark = ELLIPSIS
    return text[: length - len(mark)] + mark
