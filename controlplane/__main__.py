"""`python -m controlplane`: runs the control plane until SIGTERM or SIGINT.

`python -m controlplane routes` prints the routes of its API and dashboard as JSON.
"""

import asyncio
import os
import sys

from controlplane.app import run
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
