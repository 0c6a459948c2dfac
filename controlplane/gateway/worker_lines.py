"""Lines of a worker's log, into the tenant's file: so many and no more, decoded only if kept."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from controlplane.gateway.budgets import Standing
from shared.ids import TenantId
from shared.log import TenantFiles
from shared.seldom import Seldom
from shared.wire.fitting import DECODE_ERRORS

# How often a file says what is missing from it.
SAY_EVERY = timedelta(seconds=10)

_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


class WorkerLines:
    def __init__(self, files: TenantFiles) -> None:
        self._files = files
        self._dropped = Counter[TenantId]()
        self._said = Seldom(SAY_EVERY)

    def keep(self, tenant_id: TenantId, standing: Standing, lines: Sequence[str]) -> None:
        """The oldest of them, as many as the worker may still have written."""
        kept = 0
        for line in lines[: standing.lines.take_up_to(len(lines))]:
            if not standing.line_bytes.try_take(len(line)):
                break
            self._keep_line(tenant_id, line)
            kept += 1
        if kept < len(lines):
            self._dropped[tenant_id] += len(lines) - kept
        if self._dropped[tenant_id] and self._said.count(tenant_id) is not None:
            line_count = self._dropped.pop(tenant_id)
            self._files.append(tenant_id, {"event": "worker.lines_dropped", "count": line_count})

    def _keep_line(self, tenant_id: TenantId, line: str) -> None:
        # A line break between two tokens of it would begin a line that seems to be ours.
        if "\n" in line or "\r" in line:
            return
        try:
            fields = _decoder.decode(line)
        except DECODE_ERRORS:
            return  # not a log line of ours; the engine's own log still has it
        self._files.append(tenant_id, {**fields, "source": "worker"})
