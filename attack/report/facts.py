"""What a report names beside its checks: versions, the host, and the attack's own code."""

import hashlib
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docker.api.client import APIClient

from attack.platform.target import Target

PACKAGE = Path(__file__).resolve().parents[1]
LIBRARIES = ("litestar", "msgspec", "asyncpg", "websockets", "docker")


def describe_host(engine: APIClient) -> dict[str, Any]:
    info = engine.info()
    return {
        "name": platform.node(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "memory_bytes": info.get("MemTotal"),
        "is_root": os.geteuid() == 0,
        "engine": {
            "version": info.get("ServerVersion"),
            "driver": info.get("Driver"),
            "cgroups": info.get("CgroupVersion"),
            "security": info.get("SecurityOptions"),
        },
    }


def describe_platform(target: Target, engine: APIClient) -> dict[str, Any]:
    workers = engine.containers(filters={"label": f"flowhq.instance={target.instance}"})
    return {
        "kind": target.kind,
        "instance": target.instance,
        "api": target.api,
        "portal": target.portal,
        "sandbox": target.sandbox,
        "worker_images": sorted({worker["Image"] for worker in workers}),
        "has_database": target.database is not None,
    }


def describe_versions() -> dict[str, str]:
    return {
        "flowhq": _own_version(),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def hash_suite() -> str:
    """SHA-256 of every file of the attack, so that two reports of the same attack say so."""
    total = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and path.suffix in {".py", ".html"}:
            content = path.read_bytes()
            total.update(f"{path.relative_to(PACKAGE)}:{len(content)}:".encode())
            total.update(content)
    return total.hexdigest()


def _own_version() -> str:
    """The version that pyproject.toml names: the packages are not installed."""
    for line in (PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("version ="):
            return line.partition("=")[2].strip().strip('"')
    return "unknown"
