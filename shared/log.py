"""Structured logging: readable on a terminal, JSON in files, one file per tenant.

Message bodies, QR codes, keys and tokens are never handed to a logger.
"""

import logging
import sys
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import structlog

MAX_FILE_BYTES = 5_000_000  # as the engine's json-file driver is set to
FILES_KEPT = 2


def configure_logging(*, json: bool, level: str = "INFO", tenant_logs: Path | None = None) -> None:
    """Sets up structlog and the standard library's logging for this process.

    json: one JSON object a line on standard output, else coloured text for a person.
    tenant_logs: a directory; every line that carries `tenant_id` is also appended, as
        JSON, to `<tenant_id>.log` in it.
    """
    chain: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    if tenant_logs is not None:
        chain.append(TenantFiles(tenant_logs))
    chain.append(structlog.processors.format_exc_info if json else _keep)
    chain.append(_json_line if json else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty()))
    structlog.configure(
        processors=chain,
        wrapper_class=structlog.make_filtering_bound_logger(_level(level)),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    _adopt_standard_library(level)


class TenantFiles:
    """A structlog processor that copies a tenant's lines to that tenant's own file."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files: dict[str, RotatingFileHandler] = {}

    def __call__(
        self, logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        tenant = event.get("tenant_id")
        if tenant is not None:
            # Only a real id becomes a file name; anything else would be a path from outside.
            self._file(str(UUID(str(tenant)))).emit(_record(_json_line(logger, method, dict(event))))
        return event

    def _file(self, tenant: str) -> RotatingFileHandler:
        if tenant not in self._files:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._files[tenant] = RotatingFileHandler(
                self._directory / f"{tenant}.log",
                maxBytes=MAX_FILE_BYTES,
                backupCount=FILES_KEPT,
                encoding="utf-8",
                delay=True,
            )
        return self._files[tenant]


class _StandardLibraryBridge(logging.Handler):
    """Gives lines of libraries that use `logging` the same shape as ours."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(
            record.levelno, record.getMessage(), source=record.name, exc_info=record.exc_info
        )


def _adopt_standard_library(level: str) -> None:
    root = logging.getLogger()  # noqa: TID251  the one place where the two meet
    root.handlers[:] = [_StandardLibraryBridge()]
    # Libraries talk too much at INFO for a fleet's log.
    root.setLevel(max(_level(level), logging.WARNING))


def _level(name: str) -> int:
    return logging.getLevelNamesMapping()[name.upper()]


def _record(line: str) -> logging.LogRecord:
    return logging.LogRecord("tenant", logging.INFO, "", 0, line, None, None)


def _json_line(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    if "exc_info" in event:
        event = structlog.processors.format_exc_info(logger, method, event)
    return msgspec.json.encode(event, enc_hook=str).decode()


def _keep(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return event
