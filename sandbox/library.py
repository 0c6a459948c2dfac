"""Finds the client library that is installed beside us, without loading it."""

import platform
from importlib.util import find_spec
from pathlib import Path

from shared.errors import SettingsError

# neonize names its file after Go's architectures.
_GO_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def get_installed_library() -> Path:
    """The path of neonize's shared library for this machine.

    Raises SettingsError when the package or its library is not installed.
    """
    machine = platform.machine().lower()
    name = f"neonize-linux-{_GO_ARCHITECTURES.get(machine, machine)}.so"
    spec = find_spec("neonize")
    if spec is None or not spec.submodule_search_locations:
        raise SettingsError("the package neonize is not installed: the sandbox reads its library")
    path = Path(spec.submodule_search_locations[0]) / name
    if not path.is_file():
        raise SettingsError(f"neonize has no library for this machine: {path} is missing")
    return path
