"""What a worker's container is made of, as data: names, labels, limits, the engine's body."""

import hashlib
from datetime import timedelta
from ipaddress import IPv4Network
from typing import Any

import msgspec

from controlplane.containers.system_calls import PROFILE
from shared.ids import TenantId
from shared.structs.fleet import DesiredWorker
from shared.structs.limits import DEFAULTS, LimitOverrides
from shared.structs.workers import WorkerStartInput
from shared.worker_files import DATA_DIR

MANAGED = "flowhq.managed"
INSTANCE = "flowhq.instance"
TENANT = "flowhq.tenant"
GENERATION = "flowhq.generation"
SPEC = "flowhq.spec"

# The account in the worker's image that owns /data.
USER = "10001:10001"
TMPFS_OPTIONS = "rw,noexec,nosuid,nodev,size=16m,mode=1777"
# Lean binding, ten workers side by side: 15 MB each with these, 27 without.
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BRIDGE_DIGITS = 3  # the kernel takes 15 characters, of which an installation has 12
MEMORY_KNOBS = {
    "GOGC": "20",
    "GOMEMLIMIT": "16MiB",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "65536",
}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """cpus: cores. stop_grace: from SIGTERM to SIGKILL, whoever stops the container.

    disk_bytes: of the session volume, and so of each file: one call reserves no more.
    """

    memory_bytes: int = DEFAULTS.memory_bytes
    cpus: float = DEFAULTS.cpus
    pids: int = DEFAULTS.pids
    disk_bytes: int = DEFAULTS.disk_bytes
    stop_grace: timedelta = timedelta(seconds=20)


class ContainerSpec(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides how a container behaves; its generation comes at creation."""

    instance: str
    tenant_id: TenantId
    image: str
    network: str
    environment: dict[str, str]
    limits: Limits

    @property
    def name(self) -> str:
        return container_name(self.tenant_id)

    @property
    def hash(self) -> str:
        """The same for two specs exactly when the engine would be told the same."""
        body = render_body(self, generation=0, spec_hash="")
        return hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()


class WorkerTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """What the workers of one installation have in common."""

    instance: str
    image: str
    gateway_url: str
    environment: dict[str, str] = {}
    limits: Limits = Limits()

    def spec_for(self, worker: DesiredWorker) -> ContainerSpec:
        start = WorkerStartInput(
            tenant_id=worker.tenant_id,
            generation=worker.generation,
            session_generation=worker.session_generation,
            image=self.image,
            network=worker_network_name(worker.tenant_id),
            gateway_url=self.gateway_url,
            environment=self.environment,
        )
        limits = merge_limits(self.limits, worker.overrides)
        return build_spec(start, instance=self.instance, limits=limits)


def merge_limits(limits: Limits, overrides: LimitOverrides) -> Limits:
    """What a tenant has of its own wins over what all of them have."""
    own = msgspec.structs.asdict(overrides)
    names = [name for name in Limits.__struct_fields__ if own.get(name) is not None]
    return msgspec.structs.replace(limits, **{name: own[name] for name in names})


def container_name(tenant_id: TenantId) -> str:
    return f"flowhq-worker-{tenant_id}"


def volume_name(tenant_id: TenantId) -> str:
    # A volume cannot be renamed, ever: changing this loses every tenant's session.
    return f"flowhq-session-{tenant_id}"


def network_name(instance: str) -> str:
    return f"flowhq-{instance}"


def bridge_name(instance: str) -> str:
    return f"fhq-{instance[:8]}"  # the kernel takes 15 characters


def worker_network_name(tenant_id: TenantId) -> str:
    return f"flowhq-network-{tenant_id}"


def worker_bridge_name(instance: str, number: int) -> str:
    """number: of the subnet. The packet filter names all of an installation's by what they begin
    with (launcher/fence.py).
    """
    digits = ""
    for _ in range(_BRIDGE_DIGITS):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    assert number == 0, "there are no more subnets than names"
    return bridge_name(instance) + digits


def build_spec(start: WorkerStartInput, *, instance: str, limits: Limits) -> ContainerSpec:
    """What is ours wins over `start.environment`, which comes from settings and is shown by the
    engine: a token has no place there.
    """
    given = {name: value for name, value in start.environment.items() if name != "FLOWHQ_TOKEN"}
    return ContainerSpec(
        instance=instance,
        tenant_id=start.tenant_id,
        image=start.image,
        network=start.network,
        environment=MEMORY_KNOBS
        | given
        | {
            "FLOWHQ_TENANT_ID": str(start.tenant_id),
            "FLOWHQ_GATEWAY_URL": start.gateway_url,
            "FLOWHQ_IMAGE": start.image,
            "FLOWHQ_SESSION_GENERATION": str(start.session_generation),
        },
        limits=limits,
    )


def render_labels(instance: str, tenant_id: TenantId | None = None) -> dict[str, str]:
    """What every object of ours bears: without these it is not ours, whatever its name."""
    labels = {MANAGED: "1", INSTANCE: instance}
    return labels if tenant_id is None else labels | {TENANT: str(tenant_id)}


def render_body(
    spec: ContainerSpec, *, generation: int, spec_hash: str | None = None
) -> dict[str, Any]:
    """The body of the engine's `POST /containers/create`. The engine shows all of it to whoever
    may look at it, so no secret is in it: the token is a file on the volume.
    """
    labels = render_labels(spec.instance, spec.tenant_id)
    return {
        "Image": spec.image,
        "User": USER,
        "Env": [f"{name}={value}" for name, value in sorted(spec.environment.items())],
        "Labels": labels
        | {GENERATION: str(generation), SPEC: spec.hash if spec_hash is None else spec_hash},
        "StopTimeout": round(spec.limits.stop_grace.total_seconds()),
        "HostConfig": _render_host(spec),
    }


def _render_host(spec: ContainerSpec) -> dict[str, Any]:
    return {
        "NetworkMode": spec.network,
        "Mounts": [
            {
                "Type": "volume",
                "Source": volume_name(spec.tenant_id),
                "Target": DATA_DIR,
                # For a volume that the engine makes on the way: without these it is nobody's.
                "VolumeOptions": {"Labels": render_labels(spec.instance, spec.tenant_id)},
            }
        ],
        "Tmpfs": {"/tmp": TMPFS_OPTIONS},  # noqa: S108  the container's own
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true", f"seccomp={PROFILE}"],
        "PidsLimit": spec.limits.pids,
        "Ulimits": [
            {"Name": "fsize", "Soft": spec.limits.disk_bytes, "Hard": spec.limits.disk_bytes}
        ],
        # Equal, so that there is no swap: a worker that swaps stalls its neighbours.
        "Memory": spec.limits.memory_bytes,
        "MemorySwap": spec.limits.memory_bytes,
        "NanoCpus": round(spec.limits.cpus * 1_000_000_000),
        "Init": True,
        # The reconciler restarts: the engine's own policy knows neither exit 65 nor a crash loop.
        "RestartPolicy": {"Name": "no"},
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "5m", "max-file": "2"}},
    }


def render_worker_network(
    instance: str, tenant_id: TenantId, *, number: int, subnet: IPv4Network
) -> dict[str, Any]:
    """Of one tenant. On a network that several share the engine's name server tells each of them
    whose an address is, and the bridge which addresses there are.
    """
    body = render_network(instance)
    return body | {
        "Name": worker_network_name(tenant_id),
        "Labels": render_labels(instance, tenant_id),
        "Options": body["Options"]
        | {"com.docker.network.bridge.name": worker_bridge_name(instance, number)},
        "IPAM": {"Driver": "default", "Config": [{"Subnet": str(subnet)}]},
    }


def render_network(instance: str) -> dict[str, Any]:
    """The body of the engine's `POST /networks/create`: of the bridge at whose address the gateway
    listens.
    """
    return {
        "Name": network_name(instance),
        "CheckDuplicate": True,
        "Driver": "bridge",
        "Labels": render_labels(instance),
        "Options": {
            "com.docker.network.bridge.name": bridge_name(instance),
            "com.docker.network.bridge.enable_icc": "false",
        },
    }
