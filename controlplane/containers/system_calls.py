"""The filter of a worker's system calls, as the engine takes it: the profile, in one line.

What is not in `seccomp.json` is refused. What workers call was measured, not guessed
(docs/operations/system-calls.md). Its text is part of the spec, so a changed profile replaces the
containers of before.
"""

from importlib.resources import files

import msgspec


def _read() -> str:
    profile = (files("controlplane.containers") / "seccomp.json").read_bytes()
    return msgspec.json.encode(msgspec.json.decode(profile)).decode()


PROFILE = _read()
