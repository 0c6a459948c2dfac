"""What a container in a test does: as shell for a real engine, as data for the fake."""

from collections.abc import Mapping

import msgspec

VARIABLE = "PROGRAM"


class Program(msgspec.Struct, frozen=True):
    """exit_code: None runs until it is stopped. last_words: said when it is asked to end."""

    shell: str
    exit_code: int | None = None
    lines: tuple[str, ...] = ()
    last_words: tuple[str, ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        return {VARIABLE: self.shell}


def _exits(code: int, *lines: str) -> Program:
    said = "".join(f"echo '{line}'; " for line in lines)
    return Program(f"{said}exit {code}", code, lines)


SLEEP = Program("trap 'exit 0' TERM; sleep 600 & wait")
TALKS_AT_THE_END = Program(
    "trap 'echo good bye; exit 0' TERM; sleep 600 & wait", last_words=("good bye",)
)
STUBBORN = Program("trap '' TERM; while :; do sleep 600; done")
CRASH = _exits(1, "first", "second")
REFUSED = _exits(64, '{"event": "worker.exited", "code": 64, "reason": "The token is not good."}')
CLEAN_EXIT = _exits(0)

_ALL = {
    program.shell: program
    for program in (SLEEP, TALKS_AT_THE_END, STUBBORN, CRASH, REFUSED, CLEAN_EXIT)
}


def find_program(environment: Mapping[str, str]) -> Program:
    return _ALL[environment.get(VARIABLE, SLEEP.shell)]
