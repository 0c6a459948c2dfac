"""Names that people give their businesses, where we say them in our own name. Pure.

In a mail of ours a name is a stranger's word: no program that shows the mail may make a link of it,
and nobody may be called upon by it to do something.
"""

import re
import unicodedata

LONGEST = 80
# As a mail says it: a name, and no letter in its place.
LONGEST_SAID = 60
_REST = "…"
# Joiners within emoji and within words of some scripts are part of them; all other characters
# without a shape only change how the rest is read.
_JOINERS = "\u200c\u200d"
# Dots of other scripts, which browsers take for one in an address.
_DOTS = dict.fromkeys(map(ord, "\u3002\uff61\uff0e\u2024\u2027\u00b7\u0702"), ".")
# What becomes a link by itself: an address with or without its scheme, and of mail.
_LINK = re.compile(
    r"\w+://|\bwww\b|\b(?:https?|ftp|mailto|tel|sms|whatsapp|tg|geo|data|javascript)\s*:"
    r"|[^\W_]\.[^\W\d_]{2}|[^\W_]\.xn--|\d{1,3}(?:\.\d{1,3}){3}|\w@\w",
    re.IGNORECASE,
)
# Which phones make a number to call of.
_NUMBER = re.compile(r"\d(?:[\s().+/-]*\d){6,}")
_SIGNS = re.compile(r"[.:@/\\]+")


def clean_name(text: str) -> str:
    """Without what nobody sees: marks of direction, control characters, blanks that are none."""
    kept = (char if _has_shape(char) else " " * (char.isspace() or char == "\t") for char in text)
    return " ".join("".join(kept).split()).strip(_JOINERS)


def holds_link(name: str) -> bool:
    """Whether some program would make a link, or a number to call, of a part of it."""
    plain = unicodedata.normalize("NFKC", clean_name(name)).translate(_DOTS)
    plain = plain.translate(dict.fromkeys(map(ord, _JOINERS)))
    return bool(_LINK.search(plain) or _NUMBER.search(plain))


def say_name(name: str) -> str:
    """As it may stand in a mail: short, on one line, and nothing in it that becomes a link. Also
    of a name from before these rules, or by whatever way it came.
    """
    said = clean_name(name)
    if holds_link(said):
        said = unicodedata.normalize("NFKC", said).translate(_DOTS)
        said = _NUMBER.sub(
            _REST, _SIGNS.sub(" ", said.translate(dict.fromkeys(map(ord, _JOINERS))))
        )
        said = re.sub(r"\bwww\b", _REST, said, flags=re.IGNORECASE)
        said = " ".join(said.split())
    return said if len(said) <= LONGEST_SAID else f"{said[: LONGEST_SAID - 1].rstrip()}{_REST}"


def _has_shape(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
