"""Structured logging: readable on a terminal, JSON in files, one file per tenant.

Message bodies, QR codes, keys and tokens are never handed to a logger.
"""

import logging
import sys
from collections import Counter
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any
from uuid import UUID

import msgspec
import structlog

MAX_FILE_BYTES = 5_000_000  # as the engine's json-file driver is set to, two files kept
# Lines that wait for the disk: of one tenant, and of all. What comes beyond it is counted, and the
# file says how much that was.
MAX_TENANT_WAITING = 1 << 20
MAX_WAITING = 16 << 20


class TenantFiles:
    """Appends a tenant's log lines, as JSON, to `<tenant_id>.log` in `directory`.

    One thread of its own writes, so that no loop waits for a disk; it opens a file for each
    line, so that a fleet of hundreds holds no hundreds of handles. A disk that is slower than
    the lines come costs lines, not memory, and the tenant's who has most of them.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lines: SimpleQueue[tuple[UUID, bytes] | None] = SimpleQueue()
        self._lock = Lock()  # held for arithmetic only
        self._waiting = Counter[UUID]()  # bytes
        self._all_waiting = 0
        self._dropped = Counter[UUID]()  # lines
        self._writer = Thread(target=self._write, name="tenant-files", daemon=True)
        self._writer.start()

    def append(self, tenant_id: UUID, line: Mapping[str, Any]) -> None:
        """Stamps `line` with the tenant and hands it to the writer."""
        encoded = encode_line({**line, "tenant_id": str(tenant_id)})
        if self._has_room(tenant_id, len(encoded)):
            self._lines.put((tenant_id, encoded))

    def close(self) -> None:
        """Returns when everything appended is written."""
        self._lines.put(None)
        self._writer.join()

    def __call__(
        self, logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """As a structlog processor: copies the lines that carry `tenant_id`."""
        tenant = event.get("tenant_id")
        if tenant is not None:
            # Only a real id becomes a file name; anything else would be a path from outside.
            self.append(UUID(str(tenant)), _with_traceback(logger, method, dict(event)))
        return event

    def _write(self) -> None:
        while (item := self._lines.get()) is not None:
            tenant_id, line = item
            path = self._directory / f"{tenant_id}.log"
            # A full disk must not end the writer: the engine's own log still has the line.
            with suppress(OSError):
                self._append_line(path, line)
            dropped = self._written(tenant_id, len(line))
            if dropped:
                said = {"event": "log.dropped", "count": dropped, "tenant_id": str(tenant_id)}
                with suppress(OSError):
                    self._append_line(path, encode_line(said))

    def _has_room(self, tenant_id: UUID, size: int) -> bool:
        with self._lock:
            own, everybodys = self._waiting[tenant_id] + size, self._all_waiting + size
            if own > MAX_TENANT_WAITING or everybodys > MAX_WAITING:
                self._dropped[tenant_id] += 1
                return False
            self._waiting[tenant_id], self._all_waiting = own, everybodys
        return True

    def _written(self, tenant_id: UUID, size: int) -> int:
        """How many lines are missing from the file, once all that waited is in it."""
        with self._lock:
            self._all_waiting -= size
            self._waiting[tenant_id] -= size
            if self._waiting[tenant_id]:
                return 0
            del self._waiting[tenant_id]
            return self._dropped.pop(tenant_id, 0)

    def _append_line(self, path: Path, line: bytes) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > MAX_FILE_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as file:
            file.write(line + b"\n")


def configure_logging(
    *, json: bool, level: str = "INFO", tenant_files: TenantFiles | None = None
) -> None:
    """Sets up structlog and the standard library's logging for this process.

    json: one JSON object a line on standard output, else coloured text for a person.
    """
    chain: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    if tenant_files is not None:
        chain.append(tenant_files)
    chain.append(_json_line if json else _console())
    structlog.configure(
        processors=chain,
        wrapper_class=structlog.make_filtering_bound_logger(_level(level)),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()  # noqa: TID251  the one place where the two meet
    root.handlers[:] = [_StandardLibraryBridge()]
    # Libraries talk too much at INFO for a fleet's log.
    root.setLevel(max(_level(level), logging.WARNING))


def encode_line(event: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)


def _console() -> structlog.dev.ConsoleRenderer:
    # Plain: the default shows local variables, and those hold message bodies and tokens.
    return structlog.dev.ConsoleRenderer(
        colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


class _StandardLibraryBridge(logging.Handler):
    """Gives lines of libraries that use `logging` the same shape as ours."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(
            record.levelno, record.getMessage(), source=record.name, exc_info=record.exc_info
        )


def _level(name: str) -> int:
    return logging.getLevelNamesMapping()[name.upper()]


def _json_line(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    return encode_line(_with_traceback(logger, method, event)).decode()


def _with_traceback(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return structlog.processors.format_exc_info(logger, method, event)
