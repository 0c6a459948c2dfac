"""Tenant log files: one a tenant, the tenant's id on every line, and no way out of the folder."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from uuid import UUID

import msgspec
import pytest
import structlog

from shared.log import MAX_FILE_BYTES, TenantFiles, configure_logging

ONE = UUID("11111111-1111-4111-8111-111111111111")
TWO = UUID("22222222-2222-4222-8222-222222222222")


@pytest.fixture
def files(tmp_path: Path) -> Iterator[TenantFiles]:
    made = TenantFiles(tmp_path)
    yield made
    made.close()


def _lines(path: Path) -> list[dict[str, object]]:
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


def test_a_line_goes_to_its_own_tenants_file_alone(files: TenantFiles, tmp_path: Path) -> None:
    configure_logging(json=True, tenant_files=files)
    structlog.get_logger().info("session.changed", tenant_id=ONE, state="CONNECTED")
    structlog.get_logger().info("session.changed", tenant_id=TWO, state="QR_READY")
    structlog.get_logger().info("resync.done")
    files.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{ONE}.log", f"{TWO}.log"]
    (line,) = _lines(tmp_path / f"{ONE}.log")
    assert (line["tenant_id"], line["state"]) == (str(ONE), "CONNECTED")


def test_a_traceback_is_one_json_line(files: TenantFiles, tmp_path: Path) -> None:
    configure_logging(json=True, tenant_files=files)
    try:
        int("line\nbreak")
    except ValueError:
        structlog.get_logger().exception("task.failed", tenant_id=ONE)
    files.close()
    (line,) = _lines(tmp_path / f"{ONE}.log")
    assert "ValueError" in str(line["exception"])


def test_the_tenant_of_a_line_is_the_one_it_was_appended_for(
    files: TenantFiles, tmp_path: Path
) -> None:
    files.append(ONE, {"event": "x", "tenant_id": str(TWO)})
    files.close()
    assert _lines(tmp_path / f"{ONE}.log") == [{"event": "x", "tenant_id": str(ONE)}]


def test_a_full_file_makes_way_and_one_older_is_kept(files: TenantFiles, tmp_path: Path) -> None:
    full = tmp_path / f"{ONE}.log"
    full.write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    files.append(ONE, {"event": "after"})
    files.close()
    assert _lines(full)[0]["event"] == "after"
    assert (tmp_path / f"{ONE}.log.1").stat().st_size == MAX_FILE_BYTES + 1


def test_a_traceback_for_a_person_shows_no_local_variable(
    files: TenantFiles, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(json=False, tenant_files=files)
    body = "Habari, namba ya kadi ni 4111"
    try:
        int(body[:1])
    except ValueError:
        structlog.get_logger().exception("task.failed", tenant_id=ONE)
    printed = capsys.readouterr().out
    assert "ValueError" in printed
    assert body not in printed


def test_lines_that_come_faster_than_the_disk_takes_them_cost_lines_and_say_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, going = Event(), Event()
    write = TenantFiles._append_line

    def slow(self: TenantFiles, path: Path, line: bytes) -> None:
        waiting.set()
        going.wait(10)
        write(self, path, line)

    monkeypatch.setattr(TenantFiles, "_append_line", slow)
    files = TenantFiles(tmp_path)
    files.append(ONE, {"event": "first"})
    assert waiting.wait(10)
    for number in range(3_000):
        files.append(ONE, {"event": "x" * 1_000, "number": number})
    files.append(TWO, {"event": "neighbour"})
    going.set()
    files.close()
    lines = _lines(tmp_path / f"{ONE}.log")
    assert len(lines) < 1_200
    assert lines[-1] == {
        "event": "log.dropped",
        "count": 3_001 - (len(lines) - 1),
        "tenant_id": str(ONE),
    }
    assert [line["event"] for line in _lines(tmp_path / f"{TWO}.log")] == ["neighbour"]
