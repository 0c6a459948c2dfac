"""Which passwords are too easy to guess. Pure; up to a tenth of a second for one."""

import re
import unicodedata
from collections.abc import Iterable

MIN_LENGTH, MAX_LENGTH = 10, 200
# In tries, by zxcvbn's estimate. Whoever guesses over the network has a few hundred a day; this is
# for who got hold of a hash.
_FEWEST_GUESSES = 10**8
# The estimate of a longer one takes longer, and what begins well is good.
_JUDGED = 64
# What has to be left of one besides names that anybody knows.
_LEFT = 6
# A shorter part of a name is in many a good password.
_SHORTEST_WORD = 4
_OURS = ("flowhq", "whatsapp")
# zxcvbn knows English; these are what people here take.
_SWAHILI = (
    *("jambo", "habari", "karibu", "karibuni", "asante", "mambo", "poa", "sawa", "sana", "pole"),
    *("nakupenda", "mapenzi", "upendo", "mpenzi", "penda", "mama", "baba", "dada", "kaka"),
    *("mtoto", "watoto", "rafiki", "mungu", "yesu", "amani", "furaha", "bahati", "neema"),
    *("simba", "yanga", "tanzania", "kenya", "uganda", "rwanda", "nairobi", "mombasa", "kisumu"),
    *("dodoma", "arusha", "mwanza", "zanzibar", "daressalaam", "kilimanjaro", "serengeti"),
    *("safaricom", "mpesa", "vodacom", "airtel", "tigopesa", "duka", "biashara", "pesa", "hela"),
    *("nywila", "nenosiri", "siri", "hakuna", "matata", "hakunamatata", "mimi", "wewe", "sisi"),
    *("jumatatu", "jumanne", "jumatano", "alhamisi", "ijumaa", "jumamosi", "jumapili"),
    *("januari", "februari", "machi", "aprili", "juni", "julai", "agosti", "oktoba", "desemba"),
    *("moja", "mbili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa", "kumi"),
)


def normalise(password: str) -> str:
    """The same password from every keyboard, and one that can be hashed at all."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()


def find_fault(password: str, *, email: str, names: Iterable[str] = ()) -> str | None:
    """The text that says what is wrong with it; None when nothing is.

    names: of the business, and whatever else an acquaintance would try first.
    Rules about signs make people write passwords down; what counts is how many others come first.
    """
    if len(normalise(password)) < MIN_LENGTH:
        return "password.short"
    if len(password) > MAX_LENGTH:
        return "password.long"
    if normalise(password).lower() == email.lower():
        return "password.email"
    words = _words_of((*_OURS, email, *email.split("@"), *names))
    if _is_made_of(normalise(password), words):
        return "password.named"
    return "password.common" if _guesses(normalise(password), words) < _FEWEST_GUESSES else None


def _words_of(names: Iterable[str]) -> list[str]:
    """Each name as one word, and its longer parts; the longest first."""
    words = set[str]()
    for name in names:
        plain = normalise(name).casefold()
        words |= {_squash(plain), *re.split(r"[\W_]+", plain)}
    return sorted((word for word in words if len(word) >= _SHORTEST_WORD), key=len, reverse=True)


def _is_made_of(password: str, words: Iterable[str]) -> bool:
    left = whole = _squash(password.casefold())
    for word in words:
        left = left.replace(word, "")
    return left != whole and len(left) < _LEFT


def _squash(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _guesses(password: str, words: Iterable[str]) -> int:
    from zxcvbn import zxcvbn  # noqa: PLC0415  14 MB, of which most processes never have need

    found = zxcvbn(password[:_JUDGED], user_inputs=[*words, *_SWAHILI], max_length=_JUDGED)
    return int(found["guesses"])
