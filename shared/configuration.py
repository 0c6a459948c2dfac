"""What is wrong with what a bot is to be told, beyond the shape of each value. Pure."""

from collections.abc import Iterator
from datetime import timedelta
from enum import Enum

import msgspec

from shared.flows.templates import ANSWERED
from shared.structs.tenants import TenantConfig

LONGEST_HOLIDAY = timedelta(days=366)


class Wrong(Enum):
    """What is wrong, as a client of the API is told."""

    NEVER_OPEN = "must not be when it opens"
    ENDS_EARLY = "must not be before the first day"
    TOO_LONG = "must be within a year of the first day"
    NOT_OURS_TO_SAY = "is a topic that asks back, or that is answered from what was set"


class Fault(msgspec.Struct, frozen=True):
    """field: its path, as a client of the API would write it."""

    field: str
    wrong: Wrong


def find_faults(config: TenantConfig) -> list[Fault]:
    """Whether there is such a time zone is for `shared.zones` to say."""
    return [*_of_hours(config), *_of_holidays(config), *_of_texts(config)]


def _of_hours(config: TenantConfig) -> Iterator[Fault]:
    for day, hours in config.hours.items():
        if hours.opens == hours.closes:
            yield Fault(f"hours.{day}.closes", Wrong.NEVER_OPEN)


def _of_holidays(config: TenantConfig) -> Iterator[Fault]:
    for index, holiday in enumerate(config.holidays):
        if holiday.last < holiday.first:
            yield Fault(f"holidays[{index}].last", Wrong.ENDS_EARLY)
        elif holiday.last - holiday.first >= LONGEST_HOLIDAY:
            yield Fault(f"holidays[{index}].last", Wrong.TOO_LONG)


def _of_texts(config: TenantConfig) -> Iterator[Fault]:
    for topic in config.texts.answers:
        if topic not in ANSWERED:
            yield Fault(f"texts.answers.{topic}", Wrong.NOT_OURS_TO_SAY)
