"""Which process is ours: a pid alone is not an identity, the kernel gives it away again."""

from pathlib import Path

import msgspec

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
STARTED_FIELD = 21  # `starttime` in proc_pid_stat(5), counted from 0
STATE_FIELD = 2
NAME_END = ")"  # the second field is the program's name in brackets and may hold spaces


class ProcessRecord(msgspec.Struct, frozen=True, kw_only=True):
    """started: the kernel's tick count at its start; with `boot` it is never given twice."""

    name: str
    pid: int
    started: int
    boot: str


def record_of(name: str, pid: int) -> ProcessRecord | None:
    started = find_started(pid)
    if started is None:
        return None
    return ProcessRecord(name=name, pid=pid, started=started, boot=_boot())


def is_alive(record: ProcessRecord) -> bool:
    return record.boot == _boot() and find_started(record.pid) == record.started


def find_started(pid: int) -> int | None:
    """None for a process that is gone, or dead and only waiting to be collected."""
    try:
        fields = _stat_fields(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8"))
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[STATE_FIELD] in {"Z", "X"} else int(fields[STARTED_FIELD])


def write_record(directory: Path, record: ProcessRecord) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    draft = directory / f"{record.name}.json.new"
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.encode(record))
    draft.replace(directory / f"{record.name}.json")


def find_record(directory: Path, name: str) -> ProcessRecord | None:
    """None too for a file cut short by a crash: there is nothing to adopt in it."""
    try:
        return msgspec.json.decode((directory / f"{name}.json").read_bytes(), type=ProcessRecord)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def find_alive(directory: Path, name: str) -> ProcessRecord | None:
    record = find_record(directory, name)
    return record if record is not None and is_alive(record) else None


def forget(directory: Path, name: str) -> None:
    (directory / f"{name}.json").unlink(missing_ok=True)


def _stat_fields(stat: str) -> list[str]:
    head, _, tail = stat.rpartition(NAME_END)
    pid, _, program = head.partition(" ")
    return [pid, program, *tail.split()]


def _boot() -> str:
    return BOOT_ID.read_text(encoding="utf-8").strip()
