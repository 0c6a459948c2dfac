"""What a member looks for, as an address says it, and back. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from urllib.parse import urlencode

import msgspec

from shared.contacts import to_digits
from shared.enums import Direction
from shared.structs.search import MessageSearch
from shared.web.fields import FormError

MAX_WORDS = 200
# Fewer are in every number.
FEWEST_DIGITS = 3
_FIELDS = ("q", "direction", "first", "last")


class SearchForm(msgspec.Struct, frozen=True, kw_only=True):
    """first, last: days, `2026-11-24`, both included; empty where there is no such limit."""

    q: str = ""
    direction: str = ""
    first: str = ""
    last: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.q or self.direction or self.first or self.last)

    def to_query(self, **more: str) -> str:
        """As the end of an address."""
        given = {name: getattr(self, name) for name in _FIELDS} | more
        return urlencode({name: value for name, value in given.items() if value})


def to_form(given: Mapping[str, str]) -> SearchForm:
    """What is longer than anybody types is cut away."""
    return SearchForm(**{name: given.get(name, "").strip()[:MAX_WORDS] for name in _FIELDS})


def find_digits(form: SearchForm) -> str | None:
    """Of a number, where it is one that was typed."""
    if not form.q or form.q.strip("+0123456789 ()-."):
        return None
    digits = to_digits(form.q)
    return digits if len(digits) >= FEWEST_DIGITS else None


def read_search(form: SearchForm, *, zone: tzinfo, names: tuple[str, ...]) -> MessageSearch:
    """names: of the contacts whose number is looked for. Raises FormError."""
    first, last = _read_day(form, "first"), _read_day(form, "last")
    if first and last and last < first:
        raise FormError({"last": "search.backwards"})
    if form.direction not in {"", *Direction.__members__}:
        raise FormError({"direction": "search.direction_wrong"})
    return MessageSearch(
        words=form.q,
        names=names,
        direction=Direction(form.direction) if form.direction else None,
        since=datetime.combine(first, time(), zone) if first else None,
        until=datetime.combine(last + timedelta(days=1), time(), zone) if last else None,
    )


def _read_day(form: SearchForm, name: str) -> date | None:
    text: str = getattr(form, name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise FormError({name: "search.day_wrong"}) from error
    # Room for a day more, and for any zone.
    if not date(1970, 1, 2) <= day <= date(9000, 1, 1):
        raise FormError({name: "search.day_wrong"})
    return day
