"""Where the platform is that is attacked, and the doors that an operator of it has."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from docker.api.client import APIClient


class Address(msgspec.Struct, frozen=True):
    host: str
    port: int


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses as the processes themselves use them: the owner's, and the portal's role's."""

    owner: str
    portal: str


class Installation(Protocol):
    """What differs between a platform of `./scripts/up` and one of compose."""

    def identify(self, part: str) -> str | None:
        """Of a running part a text that no later start of it has; None while it does not run."""
        ...

    def find_pid(self, part: str) -> int | None:
        """Of its process, as this machine numbers it."""
        ...

    async def run_python(self, part: str, arguments: Sequence[str]) -> str:
        """What `python ARGUMENTS` prints with the settings of that part. Raises OSError."""
        ...

    def read_logs(self) -> Mapping[str, str]:
        """Every log file of the platform, by its name."""
        ...

    def list_log_modes(self) -> Mapping[str, int]:
        """The mode bits of each log file, where they are files of the installation's."""
        ...


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """sandbox: None where the platform speaks to the real WhatsApp. database: None where this
    machine has no way to it. files_socket: where the portal asks the control plane for files.
    """

    kind: str
    api: str
    portal: str
    sandbox: str | None
    gateway: Address
    instance: str
    admin_key: str
    database: Database | None
    state_dir: Path | None
    files_socket: Path | None
    engine_address: str
    installation: Installation

    def connect_engine(self) -> APIClient:
        return APIClient(base_url=self.engine_address, timeout=60)

    @property
    def network(self) -> str:
        return f"flowhq-{self.instance}"
