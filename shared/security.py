"""What is tried against the platform leaves a trace, and no more than a flood of it can use up.

`note` from anywhere: it counts in memory and returns at once. A process has one ledger, as it has
one log; `keep_for_ever` writes it down every two seconds, summed up by minute, site, kind, source.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog

from shared.enums import SecurityKind, SecuritySite
from shared.errors import TransientError
from shared.ids import TenantId
from shared.structs.security import SecurityCount

log = structlog.get_logger(__name__)

EVERY = timedelta(seconds=2)
# Told apart in a minute; what comes beyond is counted as of `others`.
MOST_KEYS = 100
OTHERS = "others"
_MINUTE = 60.0
# Of a network, an address or a name: whatever else somebody hands in.
_LONGEST = 64

Write = Callable[[list[SecurityCount]], Awaitable[None]]
_Key = tuple[SecuritySite, SecurityKind, str, str]


class Ledger:
    """now: seconds of a clock that never steps back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counts = Counter[_Key]()
        self._said = Counter[_Key]()
        self._saying_since = now()

    def note(
        self,
        site: SecuritySite,
        kind: SecurityKind,
        *,
        source: str = "",
        tenant_id: TenantId | None = None,
        times: int = 1,
        **detail: Any,
    ) -> None:
        """source: the network (`network_of`) or whoever it was. detail: for the log line alone, of
        which there is one a minute for a kind and source; nothing that people wrote, and no secret.
        """
        if self.is_minute_over:
            self.say_repeated()
        key = (site, kind, source[:_LONGEST], "" if tenant_id is None else str(tenant_id))
        is_new = key not in self._said
        if is_new and len(self._said) >= MOST_KEYS:
            key, is_new = (site, kind, OTHERS, ""), False
        self._counts[key] += times
        self._said[key] += times - is_new
        if is_new:
            event = f"security.{kind.lower()}"
            log.warning(event, **_to_words(key), **detail)

    def take(self) -> list[SecurityCount]:
        """What happened since the last time; whoever takes it writes it down, or puts it back."""
        taken, self._counts = self._counts, Counter()
        return [
            SecurityCount(site=site, kind=kind, source=source, subject=subject, times=times)
            for (site, kind, source, subject), times in taken.items()
        ]

    def put_back(self, counts: list[SecurityCount]) -> None:
        for each in counts:
            self._counts[each.site, each.kind, each.source, each.subject] += each.times

    def say_repeated(self) -> None:
        """Sums up the minute that is over: a line for each of which there was more than one."""
        said, self._said, self._saying_since = self._said, Counter(), self._now()
        for key, times in said.items():
            if times > 0:
                log.warning("security.repeated", kind=key[1], times=times, **_to_words(key))

    @property
    def is_minute_over(self) -> bool:
        return self._now() - self._saying_since >= _MINUTE


def _to_words(key: _Key) -> dict[str, str]:
    site, _, source, subject = key
    return {"site": site, "source": source, **({"tenant_id": subject} if subject else {})}


_ledger = Ledger()
note = _ledger.note


async def write_down(write: Write, *, ledger: Ledger = _ledger) -> None:
    """Raises TransientError, and has lost nothing then."""
    counts = ledger.take()
    if not counts:
        return
    try:
        await write(counts)
    except BaseException:
        ledger.put_back(counts)
        raise


async def keep_for_ever(write: Write, *, ledger: Ledger = _ledger) -> None:
    while True:
        await asyncio.sleep(EVERY.total_seconds())
        if ledger.is_minute_over:
            ledger.say_repeated()
        try:
            await write_down(write, ledger=ledger)
        except TransientError as error:
            log.warning("security.postponed", error=str(error))
