"""Where in a text it says what was looked for. Pure."""

import re
from collections.abc import Iterator

# How much of a text is shown before what was found.
_BEFORE = 60
_WORD = re.compile(r"\w+")


def find_excerpt(text: str, words: str, length: int) -> str:
    """A piece of `text` with the first of the words in it; the beginning where there is none."""
    found = _to_pattern(words)
    match = found.search(text) if found else None
    if match is None or match.start() <= _BEFORE:
        return text[:length]
    begin = match.start() - _BEFORE
    space = text.find(" ", begin, match.start())
    begin = space + 1 if space >= 0 else begin
    return f"…{text[begin : begin + length]}"


def split_marked(text: str, words: str) -> list[tuple[str, bool]]:
    """In pieces, each with whether it is what was looked for."""
    found = _to_pattern(words)
    return list(_split(text, found)) if found else [(text, False)]


def _split(text: str, found: re.Pattern[str]) -> Iterator[tuple[str, bool]]:
    end = 0
    for match in found.finditer(text):
        if match.start() > end:
            yield text[end : match.start()], False
        yield match[0], True
        end = match.end()
    if end < len(text):
        yield text[end:], False


def _to_pattern(words: str) -> re.Pattern[str] | None:
    each = {re.escape(word) for word in _WORD.findall(words)}
    if not each:
        return None
    longest_first = sorted(each, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(longest_first)})", re.IGNORECASE)
