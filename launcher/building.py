"""Builds an image through the engine's own builder, the only one that every engine has."""

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import requests
from docker.errors import APIError, ImageNotFound

from launcher import engine, processes, recipe
from launcher.errors import LauncherError, NotReadyError

MANAGED = {"flowhq.managed": "1"}
BUILD_TIMEOUT_SECONDS = 1800


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """made: built in this run, not found. size: bytes, all layers."""

    tag: str
    id: str
    size: int
    made: bool = False


def find_image(address: str, tag: str) -> Image | None:
    with contextlib.closing(engine.connect(address)) as client:
        try:
            seen = client.inspect_image(tag)
        except ImageNotFound:
            return None
    return Image(tag=tag, id=str(seen["Id"]), size=int(seen["Size"]))


def get_image(address: str, tag: str, *, made: bool) -> Image:
    found = find_image(address, tag)
    if found is None:
        raise LauncherError(f"The engine has no image {tag} after it was made")
    return msgspec.structs.replace(found, made=made)


def build_image(
    address: str,
    tag: str,
    *,
    files: Mapping[str, bytes],
    dockerfile: str,
    arguments: Mapping[str, str],
    log: Path,
) -> Image:
    """`files` is the whole context, with the Dockerfile. Raises NotReadyError otherwise."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(engine.connect(address)) as client:
        try:
            lines = client.build(
                fileobj=recipe.to_context(files),
                custom_context=True,
                dockerfile=dockerfile,
                tag=tag,
                buildargs=dict(arguments),
                labels=MANAGED,
                network_mode=_network(arguments),
                rm=True,
                forcerm=True,
                timeout=BUILD_TIMEOUT_SECONDS,
                decode=True,
            )
            failure = write_log(lines, log)
        except (APIError, requests.RequestException) as error:
            raise NotReadyError(f"{tag} was not built: {error}", processes.tail(log)) from error
    if failure is not None:
        raise NotReadyError(f"{tag} was not built: {failure}", processes.tail(log))
    return get_image(address, tag, made=True)


def write_log(lines: Iterable[dict[str, Any]], log: Path) -> str | None:
    """Copies the engine's progress into `log`; the error it ended with, if any."""
    failure: str | None = None
    with log.open("w", encoding="utf-8") as output:
        for line in lines:
            output.write(str(line.get("stream", "")))
            if "error" in line:
                failure = str(line["error"]).strip()
                output.write(f"\n{failure}\n")
    return failure


def _network(arguments: Mapping[str, str]) -> str | None:
    """A proxy on this machine's loopback is reached from its network namespace only."""
    proxies = [value for name, value in arguments.items() if name.lower().endswith("_proxy")]
    loopback = any("127.0.0.1" in proxy or "localhost" in proxy for proxy in proxies)
    return "host" if loopback else None
