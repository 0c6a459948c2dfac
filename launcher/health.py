"""Waiting until a process says that it is ready, or is dead."""

from datetime import timedelta

from launcher import http, processes, records
from launcher.errors import NotReadyError
from launcher.http import Reply, Site
from launcher.paths import Paths
from launcher.waiting import wait_for

READY_TIME = timedelta(seconds=90)


def is_ready(site: Site, path: str) -> bool:
    reply = http.find_reply(site, "GET", path)
    return reply is not None and reply.ok


def await_ready(
    paths: Paths, name: str, site: Site, path: str, *, within: timedelta = READY_TIME
) -> None:
    """Raises NotReadyError with the last lines of its log, at once when the process has ended."""
    last: list[Reply] = []

    def settled() -> bool | None:
        reply = http.find_reply(site, "GET", path)
        last[:] = [reply] if reply else last
        if reply is not None and reply.ok:
            return True
        record = records.find_record(paths.records, name)
        return False if record is None or processes.is_gone(record) else None

    ready = wait_for(settled, within=within)
    if not ready:
        log = processes.tail(processes.log_path(paths, name))
        said = f"; {path} said {last[0].status}: {last[0].body}" if last else ""
        what = "ended" if ready is False else f"is not ready after {within.seconds} s"
        raise NotReadyError(f"{name} {what}{said}", log)
