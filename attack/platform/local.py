"""A platform that `./scripts/up` runs on this machine."""

import asyncio
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import PIPE

from attack.errors import NotTriedError
from attack.platform.target import Address, Database, Target
from launcher import engine, environment, fleet, instance, parts, processes, records
from launcher.errors import LauncherError
from launcher.paths import ROOT, Paths

URL = "FLOWHQ_DATABASE_URL"


def find_local(state_dir: Path, environ: Mapping[str, str]) -> Target:
    """Raises NotTriedError when nothing runs there."""
    paths = Paths(root=ROOT, state=state_dir.resolve())
    running, name = instance.find_running(paths), instance.find_id(paths)
    if running is None or name is None or not paths.admin_key.exists():
        raise NotTriedError(f"no platform runs in {state_dir}: ./scripts/up --detach starts one")
    address = engine.address_of(environ)
    host = fleet.find_gateway(address, name)
    if host is None:
        raise NotTriedError("the platform has no network for workers: it is not up")
    settings, loopback = running.settings, parts.LOOPBACK
    return Target(
        kind="up",
        api=f"http://{loopback}:{settings.port}",
        portal=f"http://{loopback}:{settings.portal_port}",
        sandbox=None if running.live else f"http://{loopback}:{settings.sandbox_port}",
        gateway=Address(host, settings.gateway_port),
        instance=name,
        admin_key=paths.admin_key.read_text(encoding="utf-8").strip(),
        database=_find_database(paths, environ),
        state_dir=paths.state,
        files_socket=paths.files_socket,
        engine_address=address,
        installation=LocalInstallation(paths, environ),
    )


class LocalInstallation:
    def __init__(self, paths: Paths, environ: Mapping[str, str]) -> None:
        self._paths = paths
        self._environ = environ

    def identify(self, part: str) -> str | None:
        record = records.find_alive(self._paths.records, part)
        return None if record is None else f"process {record.pid} of tick {record.started}"

    def find_pid(self, part: str) -> int | None:
        record = records.find_alive(self._paths.records, part)
        return None if record is None else record.pid

    async def run_python(self, part: str, arguments: Sequence[str]) -> str:
        spec = processes.get_spec(self._paths, part, self._environ)
        return await run_tool([parts.python(), "-P", *arguments], environ=spec.environ)

    def read_logs(self) -> Mapping[str, str]:
        return {
            file.name: file.read_text(encoding="utf-8", errors="replace") for file in self._files()
        }

    def list_log_modes(self) -> Mapping[str, int]:
        return {file.name: stat.S_IMODE(file.stat().st_mode) for file in self._files()}

    def _files(self) -> list[Path]:
        return sorted(path for path in self._paths.logs.iterdir() if path.is_file())


async def run_tool(command: Sequence[str], *, environ: Mapping[str, str] | None = None) -> str:
    """What it prints. Raises OSError with what it complained of."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environ, stdin=None, stdout=PIPE, stderr=PIPE
    )
    output, complaint = await process.communicate()
    if process.returncode != 0:
        tail = complaint.decode(errors="replace")[-500:]
        raise OSError(f"{command[0]} ended with {process.returncode}: {tail}")
    return output.decode()


def _find_database(paths: Paths, environ: Mapping[str, str]) -> Database | None:
    """As the parts were started with it."""
    environ = environment.for_process(environ, {})
    try:
        owner = processes.get_spec(paths, parts.CONTROL_PLANE, environ).environ[URL]
        portal = processes.get_spec(paths, parts.PORTAL, environ).environ[URL]
    except (LauncherError, KeyError):
        return None
    return Database(owner=owner, portal=portal)
