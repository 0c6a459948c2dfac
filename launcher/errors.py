"""What stops the launcher, said in one sentence that ends with what to do about it."""

from shared.errors import FlowHQError


class LauncherError(FlowHQError):
    """Shown to the person as it is; the process then ends with 1."""


class NotReadyError(LauncherError):
    """A part did not come up in its time; `log` holds its last lines."""

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.log = log
