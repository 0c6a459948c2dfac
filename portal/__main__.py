"""`python -m portal`: serves the portal until SIGTERM or SIGINT."""

import asyncio
import sys

from portal.app import run
from portal.settings import PortalSettings
from shared.enums import ExitCode
from shared.errors import FlowHQError, SettingsError
from shared.settings import read_settings


def main() -> int:
    try:
        asyncio.run(run(read_settings(PortalSettings)))
    except SettingsError as error:
        sys.stderr.write(f"portal: {error}\n")
        return ExitCode.CONFIGURATION
    except (FlowHQError, OSError) as error:
        sys.stderr.write(f"portal: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
