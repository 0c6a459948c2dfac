"""A tenant's container on an engine, as the reconciler would have made it."""

from controlplane.containers.driver import ContainerDriver
from controlplane.containers.spec import Limits, build_spec, container_name, network_name
from shared.ids import TenantId
from shared.structs.workers import WorkerStartInput
from tests.fakes.containers import FakeEngine
from tests.fakes.programs import SLEEP


async def add_container(engine: FakeEngine, driver: ContainerDriver, tenant_id: TenantId) -> str:
    """Its name. It runs, and says nothing by itself."""
    engine.images["worker:1"] = "sha256:1"
    start = WorkerStartInput(
        tenant_id=tenant_id,
        generation=1,
        session_generation=0,
        image="worker:1",
        network=network_name("here"),
        gateway_url="ws://gateway",
        environment=SLEEP.environment,
    )
    name = container_name(tenant_id)
    await driver.ensure_network()
    await driver.create_container(
        build_spec(start, instance="here", limits=Limits()), generation=1, token="t"
    )
    await driver.start_container(name)
    return name
