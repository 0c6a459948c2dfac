"""What to do next for one tenant: desired against observed, and nothing else."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from controlplane.containers.driver import ContainerState, ObservedContainer
from controlplane.containers.spec import ContainerSpec
from controlplane.reconcile.actions import (
    Action,
    Create,
    Drain,
    EnsureVolume,
    Forget,
    Kill,
    Remove,
    RemoveVolume,
    Start,
    Wait,
)
from controlplane.reconcile.restarts import Verdict
from shared.enums import DesiredState
from shared.ids import TenantId

REMOVAL_TAKES = timedelta(seconds=1)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant's container should be. image_id: None where nobody knows it.

    is_runaway: what it does harms others, so that it is killed and not asked to end.
    """

    state: DesiredState
    generation: int
    kill_below_generation: int
    spec: ContainerSpec
    spec_hash: str
    image_id: str | None = None
    is_runaway: bool = False


def plan(
    tenant_id: TenantId,
    wanted: Wanted | None,
    containers: Sequence[ObservedContainer],
    *,
    verdict: Verdict,
    now: datetime,
) -> list[Action]:
    """No `wanted` means no such tenant: its containers end, its volume is not ours to delete."""
    kept = find_kept(wanted, containers)
    if len(containers) > (kept is not None):
        # Stop before start, never both in one plan: two sockets with one key set and
        # WhatsApp drops the older.
        return [step for c in containers if c is not kept for step in _retire(wanted, c, now)]
    if wanted is None or wanted.state is DesiredState.STOPPED:
        return []
    if wanted.state is DesiredState.REMOVED:
        return [RemoveVolume(tenant_id), Forget(tenant_id)]
    if kept is not None and kept.state is ContainerState.RUNNING:
        return []
    return list(_bring_up(tenant_id, wanted, kept, verdict=verdict, now=now))


def find_kept(
    wanted: Wanted | None, containers: Sequence[ObservedContainer]
) -> ObservedContainer | None:
    """The one container that is as it should be; of several, one that runs, the newest."""
    if wanted is None or wanted.state is not DesiredState.RUNNING:
        return None
    fit = [container for container in containers if _misfit(wanted, container) is None]
    return max(
        fit,
        key=lambda c: (c.state is ContainerState.RUNNING, c.name == wanted.spec.name, c.id),
        default=None,
    )


def _bring_up(
    tenant_id: TenantId,
    wanted: Wanted,
    kept: ObservedContainer | None,
    *,
    verdict: Verdict,
    now: datetime,
) -> Iterator[Action]:
    if verdict.start_at is None:
        return
    if verdict.start_at > now:
        yield Wait(tenant_id, verdict.start_at)
    elif kept is not None and kept.state is not ContainerState.CREATED:
        yield Start(tenant_id, kept.id)
    else:
        # Also where one was created and never ran: whoever made it may have ended before its
        # token was put onto the volume.
        yield EnsureVolume(tenant_id, wanted.spec.limits.disk_bytes)
        yield Create(tenant_id, wanted.spec, wanted.generation)
        yield Start(tenant_id, wanted.spec.name)


def _misfit(wanted: Wanted | None, container: ObservedContainer) -> str | None:
    """Why `container` has to go."""
    if wanted is None:
        return "unknown tenant"
    image_ids = {wanted.image_id, container.image_id} - {None}
    reasons = {
        f"wanted {wanted.state}": wanted.state is not DesiredState.RUNNING,
        "being removed": container.state is ContainerState.REMOVING,
        "other generation": container.generation != wanted.generation,
        "changed spec": container.spec_hash != wanted.spec_hash,
        "changed image": len(image_ids) > 1,
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def _retire(wanted: Wanted | None, container: ObservedContainer, now: datetime) -> Iterator[Action]:
    tenant_id = container.tenant_id
    if container.state is ContainerState.REMOVING:
        yield Wait(tenant_id, now + REMOVAL_TAKES)
        return
    if container.state in {ContainerState.RUNNING, ContainerState.PAUSED}:
        reason = _misfit(wanted, container) or "duplicate"
        if wanted is not None and (
            wanted.is_runaway or container.generation < wanted.kill_below_generation
        ):
            yield Kill(tenant_id, container.id, reason)
        else:
            yield Drain(tenant_id, container.id, reason)
    yield Remove(tenant_id, container.id)
