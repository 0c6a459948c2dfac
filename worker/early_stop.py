"""A stop that comes while the worker still starts: it holds nothing yet, and ends at once, well.

Without this a `docker stop` within the first third of a second would look like a crash (143).
`worker.app` puts its own handlers in the place of these once there is something to finish. What
is left is the interpreter's own start, before our first line can run: 143, which the control
plane takes for a wanted end (`ExitCode.UNHEARD`).
"""

import os
import signal
import sys
from types import FrameType

_LINE = b'{"event": "worker.stopped", "level": "info", "while": "starting"}\n'


def listen() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    # Past the log and its buffers: either may be what was interrupted, or not be there yet.
    os.write(sys.stdout.fileno(), _LINE)
    os._exit(0)
