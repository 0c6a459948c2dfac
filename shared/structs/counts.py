"""How much was said, and how quickly it was answered."""

from datetime import timedelta

import msgspec


class Count(msgspec.Struct, frozen=True):
    received: int = 0
    sent: int = 0


class AnswerTimes(msgspec.Struct, frozen=True, kw_only=True):
    """median, p95: of how long customers waited; nineteen of twenty waited less than p95."""

    answers: int
    median: timedelta
    p95: timedelta
