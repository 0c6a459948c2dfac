"""From the engine's JSON to what the control plane speaks of. Pure, and forgiving: labels are
text that anybody may have written.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from controlplane.containers.driver import (
    ContainerState,
    ObservedContainer,
    ObservedNetwork,
    ObservedVolume,
)
from controlplane.containers.spec import GENERATION, INSTANCE, SPEC, TENANT
from shared.ids import TenantId

Json = Mapping[str, Any]

_STATES = {
    "created": ContainerState.CREATED,
    "running": ContainerState.RUNNING,
    "restarting": ContainerState.RUNNING,
    "paused": ContainerState.PAUSED,
    "exited": ContainerState.EXITED,
    # Dead: a removal that failed half way. Removing it again is what helps.
    "dead": ContainerState.EXITED,
    "removing": ContainerState.REMOVING,
}
# One that a newer engine has a word for: left alone, and looked at again.
_UNKNOWN_STATE = ContainerState.REMOVING
_UNKNOWN_GENERATION = -1
_LONGEST_GENERATION = 9  # digits that the rows' column holds in any case
_NEVER = "0001-01-01"  # how the engine writes an instant that has not come


def is_ours(labels: Mapping[str, str] | None, instance: str) -> bool:
    return (labels or {}).get(INSTANCE) == instance


def read_listed(found: Json) -> ObservedContainer | None:
    """None for a container that belongs to no tenant."""
    labels = found.get("Labels") or {}
    tenant_id = find_tenant(labels)
    if tenant_id is None:
        return None
    return ObservedContainer(
        tenant_id=tenant_id,
        # A container that is on its way out may have lost its name already.
        name=next(iter(found.get("Names") or [found["Id"]])).removeprefix("/"),
        id=found["Id"],
        state=_STATES.get(found["State"], _UNKNOWN_STATE),
        generation=_generation(labels),
        spec_hash=labels.get(SPEC, ""),
        image=found["Image"],
        image_id=found["ImageID"],
    )


def read_inspected(found: Json) -> ObservedContainer | None:
    """None for a container that belongs to no tenant."""
    labels = found["Config"].get("Labels") or {}
    tenant_id = find_tenant(labels)
    if tenant_id is None:
        return None
    state = found["State"]
    observed = _STATES.get(state["Status"], _UNKNOWN_STATE)
    ended = observed is ContainerState.EXITED
    return ObservedContainer(
        tenant_id=tenant_id,
        name=found["Name"].removeprefix("/"),
        id=found["Id"],
        state=observed,
        generation=_generation(labels),
        spec_hash=labels.get(SPEC, ""),
        image=found["Config"]["Image"],
        image_id=found["Image"],
        # A container that never ran has an exit code of 0 too.
        exit_code=state["ExitCode"] if ended else None,
        oom_killed=bool(state["OOMKilled"]) if ended else False,
        started_at=_instant(state["StartedAt"]),
        finished_at=_instant(state["FinishedAt"]) if ended else None,
    )


def read_volume(found: Json) -> ObservedVolume | None:
    tenant_id = find_tenant(found.get("Labels") or {})
    return None if tenant_id is None else ObservedVolume(tenant_id, found["Name"])


def read_network(found: Json) -> ObservedNetwork:
    return ObservedNetwork(
        name=found["Name"],
        bridge=found["Options"]["com.docker.network.bridge.name"],
        gateway=found["IPAM"]["Config"][0]["Gateway"],
    )


def find_tenant(labels: Mapping[str, str]) -> TenantId | None:
    try:
        return TenantId(UUID(labels.get(TENANT, "")))
    except ValueError:
        return None


def _generation(labels: Mapping[str, str]) -> int:
    text = labels.get(GENERATION, "")
    is_ours = text.isdecimal() and len(text) <= _LONGEST_GENERATION
    return int(text) if is_ours else _UNKNOWN_GENERATION


def _instant(text: str) -> datetime | None:
    """The engine's RFC 3339 with nanoseconds, cut to the microseconds that PostgreSQL keeps."""
    if text.startswith(_NEVER):
        return None
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{seconds}.{fraction[:6]:0<6}+00:00")
