"""`scripts/audit-log`: the control plane's own command, at the database it was started with."""

import subprocess
from collections.abc import Mapping

from launcher import parts, processes
from launcher.console import complain
from launcher.errors import LauncherError
from launcher.paths import Paths

# As the command ends itself where it cannot say; 1 would be an answer.
UNKNOWN = 2


def verify(paths: Paths, environ: Mapping[str, str], *, expected: str | None) -> int:
    """0, 1 or 2, as `python -m controlplane audit verify` ends."""
    try:
        spec = processes.get_spec(paths, parts.CONTROL_PLANE, environ)
    except LauncherError as error:
        complain(f"audit: {error}")
        return UNKNOWN
    python = spec.command[: spec.command.index("-m")]
    arguments = ["-m", "controlplane", "audit", "verify"]
    arguments += [] if expected is None else ["--expect", expected]
    done = subprocess.run([*python, *arguments], env=dict(spec.environ), check=False)
    return done.returncode
