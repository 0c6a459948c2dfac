"""What one tenant may use: defaults of the installation, overrides per tenant, use beside them."""

from typing import Annotated

import msgspec

MIB = 1024 * 1024

# Bounds keep a typing mistake from starving a tenant or its neighbours; the database repeats them.
# 64 MiB: a worker needs 31 MB (docs/performance.md), and three times a file while it sends one.
MemoryBytes = Annotated[int, msgspec.Meta(ge=64 * MIB, le=8192 * MIB)]
Cpus = Annotated[float, msgspec.Meta(ge=0.05, le=16)]
# The Go runtime and Python together hold some 20 threads.
Pids = Annotated[int, msgspec.Meta(ge=48, le=4096)]
# Session file, journal, queue and the 6 MiB that the worker keeps in reserve.
SMALLEST_DISK = 48 * MIB
DiskBytes = Annotated[int, msgspec.Meta(ge=SMALLEST_DISK, le=1024 * 1024 * MIB)]
LogLinesPerMinute = Annotated[int, msgspec.Meta(ge=60, le=100_000)]
QueuedMessages = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
MessagesPerDay = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
ApiRequestsPerMinute = Annotated[int, msgspec.Meta(ge=1, le=60_000)]


class TenantLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one tenant.

    memory_bytes, cpus (cores), pids: of the container; the engine enforces them.
    disk_bytes: of the session volume. Above it the worker is stopped until the limit is raised or
        the session is reset.
    log_lines_per_minute: lines of the worker's log that the control plane keeps.
    queued_messages: messages that wait or are being sent, at one moment.
    messages_per_day: messages queued by programs and members in one UTC day.
    api_requests_per_minute: requests with the tenant's keys, all of them together.
    """

    memory_bytes: MemoryBytes = 256 * MIB
    cpus: Cpus = 0.5
    pids: Pids = 128
    disk_bytes: DiskBytes = 1024 * MIB
    log_lines_per_minute: LogLinesPerMinute = 6_000
    queued_messages: QueuedMessages = 5_000
    messages_per_day: MessagesPerDay = 10_000
    api_requests_per_minute: ApiRequestsPerMinute = 600


DEFAULTS = TenantLimits()
LIMIT_NAMES = TenantLimits.__struct_fields__


class LimitOverrides(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant has of its own; None follows the installation's default."""

    memory_bytes: int | None = None
    cpus: float | None = None
    pids: int | None = None
    disk_bytes: int | None = None
    log_lines_per_minute: int | None = None
    queued_messages: int | None = None
    messages_per_day: int | None = None
    api_requests_per_minute: int | None = None


class LimitsInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is; null returns to the installation's default."""

    memory_bytes: MemoryBytes | msgspec.UnsetType | None = msgspec.UNSET
    cpus: Cpus | msgspec.UnsetType | None = msgspec.UNSET
    pids: Pids | msgspec.UnsetType | None = msgspec.UNSET
    disk_bytes: DiskBytes | msgspec.UnsetType | None = msgspec.UNSET
    log_lines_per_minute: LogLinesPerMinute | msgspec.UnsetType | None = msgspec.UNSET
    queued_messages: QueuedMessages | msgspec.UnsetType | None = msgspec.UNSET
    messages_per_day: MessagesPerDay | msgspec.UnsetType | None = msgspec.UNSET
    api_requests_per_minute: ApiRequestsPerMinute | msgspec.UnsetType | None = msgspec.UNSET

    def to_changes(self) -> dict[str, int | float | None]:
        """By name, those that were given."""
        given = msgspec.structs.asdict(self)
        return {name: value for name, value in given.items() if value is not msgspec.UNSET}


class LimitView(msgspec.Struct, frozen=True, kw_only=True):
    """used: at this moment, or today; null where it is not measured."""

    allowed: float
    default: float
    is_overridden: bool
    used: float | None = None


class LimitsView(msgspec.Struct, frozen=True, kw_only=True):
    """Each limit of a tenant, with what is used of it."""

    memory_bytes: LimitView
    cpus: LimitView
    pids: LimitView
    disk_bytes: LimitView
    log_lines_per_minute: LimitView
    queued_messages: LimitView
    messages_per_day: LimitView
    api_requests_per_minute: LimitView
