"""What is looked at: an installation, whether it runs or not."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import requests
from docker.api.client import APIClient
from docker.errors import DockerException

from attack.errors import NotTriedError
from attack.platform.composed import ComposedInstallation, find_composed
from attack.platform.local import find_local
from attack.platform.target import Target
from launcher import engine, processes
from launcher.errors import LauncherError
from launcher.paths import ROOT, Paths

PREFIX = "FLOWHQ_"


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """paths: of `./scripts/up`'s installation; None for compose's. target: None while the platform
    is down, and obstacle says why. info: the engine's; None where none answers.
    """

    paths: Paths | None
    target: Target | None
    obstacle: str
    engine: APIClient | None
    engine_address: str
    info: dict[str, Any] | None

    def settings_of(self, part: str) -> dict[str, str]:
        """The part's `FLOWHQ_*` variables without the prefix, in lower case; empty if unknown."""
        found: Mapping[str, str] = {}
        if self.paths is not None:
            with contextlib.suppress(LauncherError):
                found = processes.get_spec(self.paths, part, {}).environ
        elif self.target is not None:
            assert isinstance(self.target.installation, ComposedInstallation)
            with contextlib.suppress(NotTriedError):
                pairs = self.target.installation.inspect(part)["Config"]["Env"]
                # Without "=" it is one that compose hands on and nobody has set.
                found = dict(each.split("=", 1) for each in pairs if "=" in each)
        return {
            name.removeprefix(PREFIX).lower(): value
            for name, value in found.items()
            if name.startswith(PREFIX)
        }

    def list_workers(self) -> list[dict[str, Any]]:
        """Running containers as the engine inspects them. Raises DockerException."""
        assert self.engine is not None
        assert self.target is not None
        label = f"flowhq.instance={self.target.instance}"
        listed = self.engine.containers(filters={"label": label})
        return [self.engine.inspect_container(each["Id"]) for each in listed]


@contextlib.contextmanager
def open_scene(
    state_dir: Path, environ: Mapping[str, str], *, project: str | None = None
) -> Iterator[Scene]:
    """project: of compose; else it is `./scripts/up`'s."""
    address = engine.address_of(environ)
    target, obstacle = None, ""
    try:
        if project is None:
            target = find_local(state_dir, environ)
        else:
            target = find_composed(project, environ, sandbox=None)
    except (NotTriedError, DockerException, requests.RequestException, OSError, KeyError) as error:
        obstacle = str(error)
    client, info = _connect(address)
    yield Scene(
        paths=None if project else Paths(root=ROOT, state=state_dir.resolve()),
        target=target,
        obstacle=obstacle,
        engine=client,
        engine_address=address,
        info=info,
    )
    if client is not None:
        client.close()


def _connect(address: str) -> tuple[APIClient | None, dict[str, Any] | None]:
    if address.startswith("unix://") and not Path(address.removeprefix("unix://")).exists():
        return None, None
    try:
        client = engine.connect(address)
        return client, client.info()
    except (DockerException, requests.RequestException):
        return None, None
