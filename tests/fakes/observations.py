"""Short ways to say what was wanted and what was seen, for tables of promises."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from controlplane.containers.driver import ContainerState, ObservedContainer
from controlplane.containers.spec import WorkerTemplate
from controlplane.reconcile.judgement import want
from controlplane.reconcile.planner import Wanted
from shared.enums import DesiredState, IncidentKind
from shared.ids import TenantId
from shared.structs.fleet import DesiredWorker, Incident

TENANT = TenantId(UUID("6f1c0a52-0000-4000-8000-000000000001"))
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TEMPLATE = WorkerTemplate(instance="here", image="worker:1", gateway_url="ws://gateway")
IMAGE_ID = "sha256:1"


def worker(state: DesiredState = DesiredState.RUNNING, **given: Any) -> DesiredWorker:
    fields: dict[str, Any] = {"tenant_id": TENANT, "generation": 1} | given
    return DesiredWorker(desired_state=state, **fields)


def wanted(state: DesiredState = DesiredState.RUNNING, **given: Any) -> Wanted:
    asked = worker(state, **given)
    return want(asked, TEMPLATE.spec_for(asked), image_id=IMAGE_ID)


SPEC = TEMPLATE.spec_for(worker())


def there(state: ContainerState = ContainerState.RUNNING, **given: Any) -> ObservedContainer:
    """A container that is as it should be but for what is `given`."""
    fields: dict[str, Any] = {
        "tenant_id": TENANT,
        "name": SPEC.name,
        "id": "c1",
        "generation": 1,
        "spec_hash": SPEC.hash,
        "image": SPEC.image,
        "image_id": IMAGE_ID,
    } | given
    return ObservedContainer(state=state, **fields)


def ended(
    exit_code: int, *, ran: timedelta = timedelta(minutes=1), **given: Any
) -> ObservedContainer:
    return there(
        ContainerState.EXITED,
        exit_code=exit_code,
        started_at=NOW - ran,
        finished_at=NOW,
        **given,
    )


def incident(
    kind: IncidentKind = IncidentKind.CRASH,
    *,
    ago: timedelta = timedelta(0),
    ran: timedelta = timedelta(minutes=1),
    generation: int = 1,
    container_id: str = "c1",
) -> Incident:
    return Incident(
        kind=kind,
        detail=f"a {kind}",
        generation=generation,
        container_id=container_id,
        started_at=NOW - ago - ran,
        finished_at=NOW - ago,
    )
