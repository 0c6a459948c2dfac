"""`python -m controlplane`: runs the control plane until SIGTERM or SIGINT.

`python -m controlplane routes` prints the routes of its API and dashboard as JSON.
`python -m controlplane audit verify [--expect HASH]` says whether the audit log of the database at
`FLOWHQ_DATABASE_URL` is as it was written: it ends with 0 if so, 1 if not, 2 if it cannot say.
"""

import asyncio
import os
import sys

from controlplane.app import run
from controlplane.audit import audit
from controlplane.routes import list_all_routes
from controlplane.settings import ControlPlaneSettings
from shared.enums import ExitCode
from shared.errors import FlowHQError, SettingsError
from shared.settings import read_settings
from shared.web.routes import render_routes


def main() -> int:
    if sys.argv[1:] == ["routes"]:
        sys.stdout.write(f"{render_routes(list_all_routes())}\n")
        return 0
    if sys.argv[1:2] == ["audit"]:
        return audit(sys.argv[2:])
    try:
        asyncio.run(run(read_settings(ControlPlaneSettings)))
    except SettingsError as error:
        sys.stderr.write(f"control plane: {error}\n")
        return ExitCode.CONFIGURATION
    except (FlowHQError, OSError) as error:
        sys.stderr.write(f"control plane: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    os.umask(0o077)  # logs, files and keys are their owner's alone
    sys.exit(main())
