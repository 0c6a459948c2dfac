"""`python -m controlplane`: runs the control plane until SIGTERM or SIGINT."""

import asyncio
import sys

from controlplane.app import run
from controlplane.settings import ControlPlaneSettings
from shared.enums import ExitCode
from shared.errors import FlowHQError, SettingsError
from shared.settings import read_settings


def main() -> int:
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
    sys.exit(main())
