"""The control plane's environment."""

from datetime import timedelta
from pathlib import Path

import msgspec


class ControlPlaneSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the control plane listens, what it starts and where it keeps files.

    instance: names this installation on the engine; two of them share an engine in peace.
    worker_image: a tag on the engine. worker_environment: a JSON object of more variables
        for every worker; `{gateway_host}` in a value is the workers' bridge address.
    gateway_host: empty for the bridge's own address, which only workers reach.
    state_dir: `admin.key` and `logs/` live here.
    """

    database_url: str
    worker_image: str
    instance: str = "default"
    state_dir: Path = Path(".flowhq")
    host: str = "127.0.0.1"
    port: int = 8000
    gateway_host: str = ""
    gateway_port: int = 8090
    docker_host: str = "unix:///var/run/docker.sock"
    worker_environment: str = "{}"
    worker_memory_bytes: int = 256 * 1024 * 1024
    worker_cpus: float = 0.5
    heartbeat_interval: timedelta = timedelta(seconds=15)
    resync_interval: timedelta = timedelta(seconds=15)
    stop_grace: timedelta = timedelta(seconds=20)
    log_level: str = "INFO"
    log_json: bool = False
