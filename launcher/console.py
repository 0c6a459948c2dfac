"""What a person sees: one line a step, with what happens and how long it took."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

LABEL_WIDTH = 46


class Outcome(msgspec.Struct):
    """Filled in by the step: `detail` is shown behind its time."""

    detail: str = ""


@contextmanager
def step(label: str) -> Iterator[Outcome]:
    """Announces the step at once and its time when it ends; a failing one says so and raises."""
    terminal = sys.stdout.isatty()
    if terminal:
        say(f"  … {label}", end="\r")
    else:
        say(f"  … {label}")
    started = time.monotonic()
    outcome = Outcome()
    try:
        yield outcome
    except BaseException:
        say(_line("✗", label, time.monotonic() - started, "failed"))
        raise
    say(_line("✓", label, time.monotonic() - started, outcome.detail))


def say(text: str = "", *, end: str = "\n") -> None:
    """A reader that went away (`up | head`) is no reason to leave the work half done."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _line(mark: str, label: str, seconds: float, detail: str) -> str:
    tail = f"  {detail}" if detail else ""
    return f"  {mark} {label:<{LABEL_WIDTH}} {seconds:6.1f} s{tail}"
