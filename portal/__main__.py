"""`python -m portal`: serves the portal until SIGTERM or SIGINT.

`python -m portal routes` prints its routes as JSON.
"""

import os
import socket
import sys

import uvloop

from portal.app import run
from portal.routes import list_all_routes
from portal.settings import PortalSettings
from portal.side_by_side import run_side_by_side
from shared.enums import ExitCode
from shared.errors import FlowHQError, SettingsError
from shared.settings import read_settings
from shared.web.routes import render_routes
from shared.web.serving import listening_socket


def main() -> int:
    if sys.argv[1:] == ["routes"]:
        sys.stdout.write(f"{render_routes(list_all_routes())}\n")
        return 0
    try:
        settings = read_settings(PortalSettings)
        with listening_socket(settings.host, settings.port) as listening:
            if settings.processes == 1:
                return _serve(settings, listening)
            # Connections that wait to be taken are the kernel's to hand out, to whoever is free.
            listening.listen()
            return run_side_by_side(settings.processes, lambda: _serve(settings, listening))
    except SettingsError as error:
        sys.stderr.write(f"portal: {error}\n")
        return ExitCode.CONFIGURATION
    except OSError as error:
        sys.stderr.write(f"portal: {error}\n")
        return 1


def _serve(settings: PortalSettings, listening: socket.socket) -> int:
    try:
        uvloop.run(run(settings, listening))
    except SettingsError as error:
        sys.stderr.write(f"portal: {error}\n")
        return ExitCode.CONFIGURATION
    except (FlowHQError, OSError) as error:
        sys.stderr.write(f"portal: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    os.umask(0o077)  # logs, files and keys are their owner's alone
    sys.exit(main())
