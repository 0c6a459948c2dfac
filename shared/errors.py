"""Errors say what is true; their class is the retry policy and the HTTP status."""

from datetime import timedelta


class FlowHQError(Exception):
    """Root of all errors this project raises on purpose."""


class TransientError(FlowHQError):
    """May go away by itself: the caller backs off and tries again."""


class PermanentError(FlowHQError):
    """Stays until somebody changes something: trying again is of no use."""


class NotFoundError(PermanentError):
    """There is no such thing, or it is not yours: the two are not told apart."""


class ConflictError(PermanentError):
    """The thing is not in a state that allows this."""


class UnreadableRowError(ConflictError):
    """A row holds a value that this version has no word for: somebody must set it anew."""


class InvalidInputError(PermanentError):
    """A value is wrong. `field` is its path in the request, as a client would write it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class LimitReachedError(TransientError):
    """A tenant has used what it may. limit: its name in TenantLimits. retry_after: when it is
    worth trying again, or the longest that is worth waiting before a look.
    """

    def __init__(self, limit: str, *, allowed: int, retry_after: timedelta) -> None:
        super().__init__(f"the limit {limit} of {allowed} is reached")
        self.limit = limit
        self.allowed = allowed
        self.retry_after = retry_after


class SettingsError(PermanentError):
    """The process's environment is wrong; the message names every variable at fault."""


class ContainerRuntimeError(TransientError):
    """The engine did not do what was asked, or the outcome is unknown."""


class ForeignContainerError(PermanentError):
    """An object of this name exists and is not ours: it is left alone."""


class DatabaseUnavailableError(TransientError):
    """The database does not answer, or dropped the connection: the outcome may be unknown."""
