"""Recognising whole words and numbers in what people type. Pure."""

import re
import unicodedata
from collections.abc import Iterable

# Word characters only, so that emoji, punctuation and the rest of a keycap ("1️⃣") fall away.
_WORD = re.compile(r"\w+")

Phrase = tuple[str, ...]


def tokens(text: str) -> Phrase:
    """Words in lower case without accents: `"  Béi, tafadhali!"` → `("bei", "tafadhali")`."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return tuple(_WORD.findall(letters.replace("_", " ")))


def find_phrase(said: Phrase, phrases: Iterable[Phrase]) -> tuple[int, int] | None:
    """Where the earliest phrase begins and, as a tie-break, minus its length."""
    found = [
        (at, -len(phrase))
        for phrase in phrases
        for at in range(len(said) - len(phrase) + 1)
        if said[at : at + len(phrase)] == phrase
    ]
    return min(found, default=None)


def phrases(*texts: str) -> tuple[Phrase, ...]:
    return tuple(tokens(text) for text in texts)


def only_number(said: Phrase) -> int | None:
    """The number a message consists of (`"2"`, `"2."`, `"٢"`), else None."""
    if len(said) == 1 and said[0].isdecimal() and len(said[0]) <= 4:
        return int(said[0])
    return None


def one_line(text: str, *, limit: int) -> str:
    """A customer's words fit to be repeated: one line, no control characters, bounded."""
    visible = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
