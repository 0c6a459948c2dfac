"""A container in the very same spec as a worker's, with a program of the attack's in it."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from docker.api.client import APIClient
from docker.errors import APIError, NotFound

from attack.errors import NotTriedError
from attack.ground import Ground
from attack.inside.networks import copy_network

LABEL = "flowhq.attack"
PROBE = (Path(__file__).parent / "probe.py").read_text(encoding="utf-8")
FLOODER = (Path(__file__).parent / "flooder.py").read_text(encoding="utf-8")
# Longer than any check; then it ends by itself, whatever became of the attack.
IDLE = ["python", "-c", "import time; time.sleep(900)"]
EXEC_TIME = 45
# What a worker is given to know, and nobody else needs.
SECRET = "TOKEN"  # noqa: S105  part of a name


class Cell:
    """One such container."""

    def __init__(self, engine: APIClient, container: str, bridge: str) -> None:
        self._engine = engine
        self.bridge = bridge
        self.container = container

    async def probe(self, name: str, given: object = None) -> Any:
        """What that function of the probe finds. Raises NotTriedError."""
        return await run_probe(self._engine, self.container, name, given)

    async def flood(self, mode: str, told: dict[str, Any]) -> dict[str, int]:
        """How much it sent, over how many connections. Raises NotTriedError."""
        counts: dict[str, int] = await run_program(
            self._engine, self.container, FLOODER, mode, told
        )
        return counts

    async def inspect(self) -> dict[str, Any]:
        seen: dict[str, Any] = await asyncio.to_thread(
            self._engine.inspect_container, self.container
        )
        return seen

    @property
    def address(self) -> str:
        seen = self._engine.inspect_container(self.container)
        networks = seen["NetworkSettings"]["Networks"].values()
        return str(next(iter(networks))["IPAddress"])


@asynccontextmanager
async def in_cell(
    ground: Ground, *, command: list[str] | None = None, resolver: str | None = None
) -> AsyncIterator[Cell]:
    """resolver: where the engine hands on what it cannot resolve itself; else it would ask
    whomever the host asks. Raises NotTriedError.
    """
    engine, mark = ground.engine, f"flowhq-attack-{ground.run_id}-{secrets.token_hex(3)}"
    body = await asyncio.to_thread(_copy_spec, ground, mark)
    told = body["HostConfig"]["NetworkMode"]
    network = await asyncio.to_thread(copy_network, ground, told, mark)
    body["HostConfig"]["NetworkMode"] = network.name
    body["Cmd"], body["Entrypoint"] = command or IDLE, []
    if resolver is not None and not body["HostConfig"].get("Dns"):
        body["HostConfig"]["Dns"] = [resolver]
    try:
        made = await asyncio.to_thread(engine.create_container_from_config, body, mark)
        try:
            await asyncio.to_thread(engine.start, made["Id"])
            yield Cell(engine, made["Id"], network.bridge)
        finally:
            await asyncio.to_thread(_remove, engine, made["Id"], mark)
    except APIError as error:
        await asyncio.to_thread(_remove_network, engine, mark)
        raise NotTriedError(f"the engine made no container like a worker's: {error}") from error


async def run_probe(engine: APIClient, container: str, name: str, given: object = None) -> Any:
    """Raises NotTriedError."""
    return await run_program(engine, container, PROBE, name, given)


async def run_program(
    engine: APIClient, container: str, program: str, name: str, given: object = None
) -> Any:
    """What that function of the program prints. Raises NotTriedError."""
    argument = msgspec.json.encode(given).decode()
    command = ["python", "-c", program, name, argument]

    def run() -> tuple[bytes, int]:
        made = engine.exec_create(container, command)
        output: bytes = engine.exec_start(made["Id"])
        return output, engine.exec_inspect(made["Id"])["ExitCode"]

    try:
        output, code = await asyncio.wait_for(asyncio.to_thread(run), EXEC_TIME)
    except (APIError, TimeoutError) as error:
        raise NotTriedError(f"the probe {name} did not run: {error}") from error
    text = output.decode(errors="replace")
    if code != 0:
        raise NotTriedError(f"the probe {name} ended with {code}: {text[-300:]}")
    return msgspec.json.decode(text.strip().splitlines()[-1])


def _copy_spec(ground: Ground, mark: str) -> dict[str, Any]:
    """Of beta's running worker: all that decides how its container behaves."""
    try:
        seen = ground.engine.inspect_container(f"flowhq-worker-{ground.beta.id}")
    except NotFound as error:
        raise NotTriedError("no worker of the attack runs, whose spec could be copied") from error
    config, host = seen["Config"], seen["HostConfig"]
    mounts = [
        {**mount, "Source": mark, "VolumeOptions": {"Labels": {LABEL: ground.run_id}}}
        if mount["Type"] == "volume"
        else mount
        for mount in host.get("Mounts") or []
    ]
    kept = {"User", "WorkingDir", "StopTimeout"}
    return {
        **{name: value for name, value in config.items() if name in kept},
        "Image": seen["Image"],
        "Env": [each for each in config["Env"] if SECRET not in each.partition("=")[0]],
        # Not the platform's: its reconciler would take it away.
        "Labels": {LABEL: ground.run_id},
        "HostConfig": {**host, "Mounts": mounts},
    }


def _remove(engine: APIClient, container: str, volume: str) -> None:
    with contextlib.suppress(NotFound):
        engine.remove_container(container, force=True, v=True)
    with contextlib.suppress(NotFound, APIError):
        engine.remove_volume(volume, force=True)
    _remove_network(engine, volume)


def _remove_network(engine: APIClient, name: str) -> None:
    with contextlib.suppress(NotFound, APIError):
        engine.remove_network(name)
