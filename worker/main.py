"""The process: reads the settings, holds the volume, runs, and says how it ended."""

import asyncio
import os
import sys
from typing import NoReturn

import structlog

from shared.enums import ExitCode
from shared.errors import SettingsError
from shared.log import configure_logging
from shared.settings import read_settings
from worker.app import run
from worker.logtail import LogTail
from worker.session.volume import SessionLockedError, Volume, VolumeUnusableError
from worker.settings import WorkerSettings
from worker.uplink.uplink import TokenRefusedError
from worker.whatsapp.library import LibraryUnusableError

log = structlog.get_logger(__name__)

UNEXPECTED = 1
_CONFIGURATION = (SettingsError, TokenRefusedError, LibraryUnusableError, VolumeUnusableError)


def main() -> int:
    _keep_standard_output_to_ourselves()
    log_tail = LogTail()
    configure_logging(json=True)
    log_tail.install()
    try:
        settings = read_settings(WorkerSettings)
        structlog.contextvars.bind_contextvars(tenant_id=settings.tenant_id)
        configure_logging(json=True, level=settings.log_level)
        log_tail.install()
        volume = Volume(settings.data_dir)
        volume.lock(f"the worker of tenant {settings.tenant_id}")
        token = _get_token(settings, volume)
        log.info("worker.started", image=settings.image)
        # No Runner: it would wait for threads that may sit in the client library for minutes.
        asyncio.new_event_loop().run_until_complete(run(settings, volume, log_tail, token=token))
    except _CONFIGURATION as error:
        return _exited(ExitCode.CONFIGURATION, str(error))
    except SessionLockedError as error:
        return _exited(ExitCode.SESSION_LOCKED, str(error))
    except Exception as error:
        log.exception("worker.failed")
        return _exited(UNEXPECTED, f"{type(error).__name__}: {error}")
    log.info("worker.stopped")
    return ExitCode.WANTED


def _get_token(settings: WorkerSettings, volume: Volume) -> str:
    token = volume.find_token() or settings.token
    if not token:
        raise SettingsError("no token for the gateway is on the volume")
    return token


def _exited(code: int, reason: str) -> int:
    """The last line before a non-zero exit: the control plane reads it into `last_error`."""
    log.error("worker.exited", code=code, reason=reason)
    return code


def _keep_standard_output_to_ourselves() -> None:
    """The Go library prints to file descriptor 1 as well; only JSON lines shall be there."""
    ours = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    sys.stdout = os.fdopen(ours, "w", encoding="utf-8", buffering=1)


def end(code: int) -> NoReturn:
    """Ends at once: threads inside the Go library neither hold up the end nor change its code."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
