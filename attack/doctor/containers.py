"""The engine, its network, and the workers' containers."""

import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from docker.errors import DockerException, ImageNotFound

from attack.doctor.findings import Finding, down, judge, ok, some, unknown, warning
from attack.doctor.scene import Scene

UNIX = "unix://"
ICC = "com.docker.network.bridge.enable_icc"
MEANS = {
    "MemoryLimit": "memory",
    "SwapLimit": "swap",
    "CpuCfsQuota": "CPU",
    "PidsLimit": "processes",
}
QUOTAS = {"prjquota", "pquota"}
NOT_PRIVILEGED = "take it out of the spec: controlplane/containers/spec.py makes every container"


def look(scene: Scene) -> Iterable[Finding]:
    yield look_at_socket(scene.engine_address)
    if scene.info is None:
        yield unknown("engine", f"none answers at {scene.engine_address}", "start it")
        return
    yield judge_cgroups(scene.info)
    yield from judge_security(scene.info)
    yield judge_volumes(scene.info, read_mount_options(str(scene.info.get("DockerRootDir", ""))))
    if scene.target is None:
        return
    try:
        yield from _look_at_objects(scene)
    except DockerException as error:
        yield unknown("workers' containers", f"the engine does not tell: {error}")


def _look_at_objects(scene: Scene) -> Iterable[Finding]:
    assert scene.engine is not None
    assert scene.target is not None
    network = scene.engine.inspect_network(scene.target.network)
    yield judge_network(network, gateway=scene.target.gateway.host)
    yield _look_at_image(scene)
    workers = scene.list_workers()
    problems = [
        f"{each['Name'].lstrip('/')}: {problem}"
        for each in workers
        for problem in judge_worker(each, network=_own_network(each))
    ]
    if not workers:
        yield unknown("workers' containers", "none runs: there is none to look at")
        return
    yield judge(
        "workers' containers",
        problems,
        fine=f"{len(workers)} looked at: plain user, read-only root, no capabilities, limits",
        do=NOT_PRIVILEGED,
    )
    yield _look_at_logs(workers)


def look_at_socket(address: str) -> Finding:
    fence = "engine's socket"
    if not address.startswith(UNIX):
        return warning(
            fence,
            f"the engine is at {address}",
            "see that it asks for a client certificate: who reaches it is root",
        )
    path = Path(address.removeprefix(UNIX))
    try:
        seen = path.stat()
    except OSError as error:
        return unknown(fence, f"{path}: {error.strerror}")
    mode = stat.S_IMODE(seen.st_mode)
    if mode & stat.S_IRWXO:
        return down(fence, f"{path} is {mode:o}: everybody is root", f"chmod 660 {path}")
    return ok(fence, f"{path} is {mode:o}, of user {seen.st_uid} and group {seen.st_gid}")


def judge_cgroups(info: Mapping[str, Any]) -> Finding:
    missing = [what for name, what in MEANS.items() if not info.get(name)]
    return judge(
        "limits of memory, CPU and processes",
        [f"the engine cannot limit {', '.join(missing)}"] if missing else [],
        fine=f"all of them, by cgroups v{info.get('CgroupVersion', '1')}",
        do="turn these controllers on (cgroup_enable=memory swapaccount=1 on the kernel's line)",
    )


def judge_security(info: Mapping[str, Any]) -> Iterable[Finding]:
    named = " ".join(info.get("SecurityOptions") or [])
    yield judge(
        "filter of system calls",
        [] if "name=seccomp" in named else ["the engine has no seccomp: workers may call anything"],
        fine="seccomp",
        do="use a kernel with CONFIG_SECCOMP_FILTER and an engine that was built with seccomp",
    )
    if "name=apparmor" in named or "name=selinux" in named:
        yield ok("AppArmor or SELinux", named)
    else:
        yield warning(
            "AppArmor or SELinux",
            "none: containers are held by namespaces, capabilities and seccomp alone",
            "use a kernel that has one of them turned on",
        )


def judge_volumes(info: Mapping[str, Any], options: Mapping[str, str]) -> Finding:
    """options: of the mount that the engine's directory lies on; empty where it is not told."""
    fence, kind = "disk limit", options.get("kind", "")
    if not kind:
        return unknown(fence, f"{info.get('DockerRootDir')} cannot be seen from here")
    if kind == "xfs" and QUOTAS & set(options["options"].split(",")):
        return ok(fence, "xfs with prjquota: the kernel refuses what a new volume has no room for")
    return warning(
        fence,
        f"the engine's directory lies on {kind} without prjquota: volumes have no size, and the"
        " control plane stops a worker that holds too much (it measures every 30 s)",
        "put the engine's directory on xfs mounted with prjquota, or on a disk of its own",
    )


def read_mount_options(directory: str, table: Path = Path("/proc/self/mounts")) -> dict[str, str]:
    """Kind and options of the file system that it lies on."""
    found: dict[str, str] = {}
    best = ""
    for line in table.read_text(encoding="utf-8", errors="replace").splitlines():
        _, place, kind, options, *_ = line.split(" ")
        inside = directory == place or directory.startswith(f"{place.rstrip('/')}/")
        if inside and len(place) >= len(best) and Path(directory).is_dir():
            best, found = place, {"kind": kind, "options": options}
    return found


def judge_network(network: Mapping[str, Any], *, gateway: str) -> Finding:
    addresses = [each.get("Gateway") for each in network["IPAM"]["Config"] or []]
    problems = []
    if (network["Options"] or {}).get(ICC) != "false":
        problems.append("its containers reach each other (enable_icc)")
    if network.get("EnableIPv6"):
        problems.append("it has IPv6, which no fence is for")
    if gateway not in addresses:
        problems.append(f"the gateway listens at {gateway}, which is not its address")
    return judge(
        "workers' network",
        problems,
        fine=f"{network['Name']}, {gateway}: no traffic between containers, no IPv6",
        do="run ./scripts/down, remove the network and run ./scripts/up: it is made anew",
    )


def _own_network(seen: Mapping[str, Any]) -> str:
    """How the control plane names it (controlplane/containers/spec.py)."""
    return f"flowhq-network-{(seen['Config'].get('Labels') or {}).get('flowhq.tenant')}"


def judge_worker(seen: Mapping[str, Any], *, network: str) -> list[str]:
    """What is wider than controlplane/containers/spec.py makes it."""
    of_host, config = seen["HostConfig"], seen["Config"]
    security = of_host.get("SecurityOpt") or []
    return [
        problem
        for problem, is_so in {
            "it is root": config.get("User", "").split(":")[0] in {"", "0", "root"},
            "it is privileged": of_host.get("Privileged"),
            "its root can be written": not of_host.get("ReadonlyRootfs"),
            "it keeps capabilities": "ALL" not in (of_host.get("CapDrop") or []),
            f"it was given {of_host.get('CapAdd')}": of_host.get("CapAdd"),
            "programs may give it rights": not any(
                each.startswith("no-new-privileges") and not each.endswith("false")
                for each in security
            ),
            "its system calls are not filtered by FlowHQ's own list": not any(
                each.startswith("seccomp={") for each in security
            ),
            "it is unconfined": any(each.endswith("unconfined") for each in security),
            "its memory is not limited": not of_host.get("Memory"),
            "it may swap": of_host.get("MemorySwap") != of_host.get("Memory"),
            "its processor time is not limited": not of_host.get("NanoCpus"),
            "its processes are not limited": (of_host.get("PidsLimit") or 0) <= 0,
            # Of cgroups the engine gives none away where they are of version 1.
            "it shares namespaces of the host": "host"
            in {of_host.get(f"{kind}Mode") for kind in ("Pid", "Ipc", "UTS", "Userns")},
            f"it is on the network {of_host.get('NetworkMode')}": of_host.get("NetworkMode")
            != network,
            f"it has devices {of_host.get('Devices')}": of_host.get("Devices"),
            f"it has directories of the host {of_host.get('Binds')}": of_host.get("Binds")
            or any(each["Type"] == "bind" for each in seen["Mounts"]),
            "its log has no bound": "max-size"
            not in (of_host.get("LogConfig", {}).get("Config") or {}),
        }.items()
        if is_so
    ]


def _look_at_image(scene: Scene) -> Finding:
    fence, name = "worker's image", scene.settings_of("controlplane").get("worker_image", "")
    assert scene.engine is not None
    try:
        found = scene.engine.inspect_image(name)
    except ImageNotFound:
        return down(fence, f"{name} is not on the engine", "run ./scripts/up: it makes the image")
    return ok(fence, f"{name} is {found['Id']}, made {found['Created'][:19]}")


def _look_at_logs(workers: Iterable[Mapping[str, Any]]) -> Finding:
    fence, problems, hidden = "engine's log files", [], []
    for each in workers:
        try:
            path = Path(each["LogPath"])
            is_open = path.stat().st_mode & 0o007 and path.parent.stat().st_mode & 0o001
        except OSError as error:
            hidden.append(f"{each['LogPath']}: {error.strerror}")
            continue
        problems += [f"{path} can be read by everybody"] if is_open else []
    if hidden and not problems:
        return unknown(fence, some(hidden, 1), "run it as root, beside the engine")
    return judge(fence, problems, fine="closed to others", do="chmod o= these files")
