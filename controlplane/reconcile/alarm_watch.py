"""Says once that an alarm began, and once that it ended."""

import asyncio
from datetime import timedelta

import structlog

from controlplane.containment import contained
from controlplane.reconcile.alarms import REASONS, derive_alarms
from shared.enums import SessionReason
from shared.errors import TransientError
from shared.stores import fleet
from shared.structs.alarms import Alarm

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=15)
# A refused worker that tries once more looks well for a moment: only a minute of it is the end.
LOOKS_TO_END = 4

_Name = tuple[SessionReason, str, str]


async def list_alarms() -> list[Alarm]:
    return derive_alarms(await fleet.list_ailing_links(REASONS))


class AlarmWatch:
    """What it remembers is what it has said; a new process says again what still holds.

    leading: only the control plane that acts speaks.
    """

    def __init__(self, *, leading: asyncio.Event) -> None:
        self._leading = leading
        self._told: dict[_Name, int] = {}  # for how many looks in a row it was not there

    async def run(self) -> None:
        while True:
            await self._leading.wait()
            try:
                async with contained("alarms"):
                    self.look(await list_alarms())
            except TransientError as error:
                log.warning("alarms.unknown", error=str(error))
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    def look(self, alarms: list[Alarm]) -> None:
        there = {(alarm.reason, alarm.detail, alarm.image): alarm for alarm in alarms}
        for name, alarm in there.items():
            if name not in self._told:
                log.error(
                    "alarm.raised",
                    reason=alarm.reason,
                    who_must_act=alarm.who_must_act,
                    detail=alarm.detail,
                    image=alarm.image,
                    tenants=alarm.count,
                    since=alarm.since.isoformat(),
                )
            self._told[name] = 0
        for name in [name for name in self._told if name not in there]:
            self._told[name] += 1
            if self._told[name] >= LOOKS_TO_END:
                del self._told[name]
                reason, detail, image = name
                log.info("alarm.ended", reason=reason, detail=detail, image=image)
