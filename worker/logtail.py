"""The last lines of this worker's log, bounded, for the uplink to take along."""

from collections import deque
from collections.abc import Callable
from typing import Any

import structlog

KEPT_LINES = 500
MAX_LINE = 8_192
# Well below a frame's limit, whatever the lines are.
MAX_TAKEN_BYTES = 128 * 1024


class LogTail:
    """A structlog processor behind the renderer. `on_line` is told that there is something."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.on_line: Callable[[], object] = lambda: None

    def __call__(self, logger: Any, method: str, line: Any) -> Any:
        # Half a JSON object is of no use to anybody; the engine keeps the whole line.
        if len(str(line)) <= MAX_LINE:
            self._lines.append(str(line))
            self.on_line()
        return line

    def install(self) -> None:
        """After `configure_logging`, before the first line."""
        processors = [*structlog.get_config()["processors"], self]
        structlog.configure(processors=processors)

    def take(self) -> list[str]:
        taken: list[str] = []
        size = 0
        while self._lines and size < MAX_TAKEN_BYTES:
            line = self._lines.popleft()
            size += len(line.encode())
            taken.append(line)
        return taken
