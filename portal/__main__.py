"""`python -m portal`: serves the portal until SIGTERM or SIGINT."""

import sys

import uvloop

from portal.app import run
from portal.settings import PortalSettings
from shared.enums import ExitCode
from shared.errors import FlowHQError, SettingsError
from shared.settings import read_settings


def main() -> int:
    try:
        uvloop.run(run(read_settings(PortalSettings)))
    except SettingsError as error:
        sys.stderr.write(f"portal: {error}\n")
        return ExitCode.CONFIGURATION
    except (FlowHQError, OSError) as error:
        sys.stderr.write(f"portal: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
