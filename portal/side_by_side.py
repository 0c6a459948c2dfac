"""Several processes for one site: Python uses one core in each."""

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

_PR_SET_PDEATHSIG = 1  # prctl(2)


def run_side_by_side(count: int, work: Callable[[], int]) -> int:
    """Runs `work` in so many processes, which share what was opened before; gives the exit code.

    They end together: at a signal, when one of them ends by itself, and with this process, however
    it ends. Whoever keeps the site up starts it again as a whole.
    """
    ours = os.getpid()
    children = {_fork(work, parent=ours) for _ in range(count)}

    def end_all(_number: int = 0, _frame: FrameType | None = None) -> None:
        for child in children:
            with suppress(
                ProcessLookupError
            ):  # a signal may come when one has just been waited for
                os.kill(child, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end_all)
    first: int | None = None
    while children:
        ended, status = os.wait()
        children.discard(ended)
        if first is None:
            first = os.waitstatus_to_exitcode(status)
            end_all()
    assert first is not None, "there is at least one"
    return first if first >= 0 else 128 - first


def _fork(work: Callable[[], int], *, parent: int) -> int:
    """The child's pid."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            # It may have ended before we said so.
            code = work() if os.getppid() == parent else 0
        except BaseException:  # noqa: BLE001  nobody above is left to say it
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)  # nothing of the parent's own end happens here as well
    return child
