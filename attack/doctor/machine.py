"""The machine: packet filter, ports, users of processes, files, clock, disk, versions."""

import ctypes
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from attack.doctor.findings import Finding, down, judge, ok, some, unknown, warning
from attack.doctor.scene import Scene
from attack.report.facts import describe_versions
from launcher import fence, host, instance, modes, ports, rooms
from launcher.http import Site, find_reply
from launcher.paths import ROOT

PACKET_FILTER = "packet filter"
AS_ROOT = "run it as root"
LOOPBACK = {"127.0.0.1", "localhost", "::1", ""}
LEAST_DESCRIPTORS = 4096
LITTLE, TOO_LITTLE = 5_000_000_000, 500_000_000
UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
_TIMEX_BYTES = 512  # more than struct timex takes anywhere


def look(scene: Scene) -> Iterable[Finding]:
    yield look_at_platform(scene)
    yield look_at_filter(scene)
    if scene.target is not None:
        yield look_at_ports(scene)
        yield from look_at_processes(scene)
        yield judge_hosts(
            dashboard=scene.settings_of("controlplane").get("public_url", ""),
            portal=scene.settings_of("portal").get("public_url", ""),
        )
    yield look_at_files(scene)
    yield look_at_disk(scene)
    yield judge_clock(_read_clock())
    yield ok("versions", _describe_versions(scene))


def look_at_platform(scene: Scene) -> Finding:
    target = scene.target
    if target is None:
        return down("platform", scene.obstacle, "start it; what only runs with it is not told")
    silent = [url for url in (target.api, target.portal) if not _is_ready(url)]
    return judge(
        "platform",
        [f"{url} is not ready" for url in silent],
        fine=f"{target.kind}, instance {target.instance}: {target.api} and {target.portal} ready",
        do="look into its logs",
    )


def look_at_filter(scene: Scene) -> Finding:
    obstacle = fence.find_obstacle(scene.engine_address)
    if obstacle and not host.is_root():
        return unknown(PACKET_FILTER, obstacle, AS_ROOT)
    if obstacle:
        return down(PACKET_FILTER, obstacle, "workers reach this machine and its networks")
    if scene.target is None:
        return unknown(PACKET_FILTER, "the platform is down, and its rules with it")
    gateway = scene.target.gateway
    missing = fence.list_missing(
        scene.target.instance, ports=[gateway.port, *_more_ports(scene)], gateway=gateway.host
    )
    return judge(
        PACKET_FILTER,
        [f"missing: {rule}" for rule in missing],
        fine=f"of this machine workers reach {gateway.host}:{gateway.port}, and no private network",
        do="run ./scripts/down and ./scripts/up, or docker compose up fence: they set the rules",
    )


def _more_ports(scene: Scene) -> list[int]:
    """What workers reach beside the gateway: in practice the sandbox's proxy."""
    if scene.paths is None:
        more = scene.settings_of("fence").get("fence_ports", "")
        return [int(each) for each in more.replace(",", " ").split()]
    running = instance.find_running(scene.paths)
    is_practice = running is not None and not running.live
    return [running.settings.sandbox_proxy_port] if running and is_practice else []


def look_at_ports(scene: Scene) -> Finding:
    """On which addresses the platform's own ports are open."""
    assert scene.target is not None
    target = scene.target
    inside = {urlsplit(url).port for url in (target.api, target.portal, target.sandbox or "")}
    problems = []
    for address, port in ports.list_listening():
        if port in inside and not address.startswith("127."):
            problems.append(f"port {port} listens on {address}")
        if port == target.gateway.port and address != target.gateway.host:
            problems.append(f"the gateway listens on {address} as well")
    return judge(
        "addresses",
        sorted(set(problems)),
        fine="pages and API on this machine alone, the gateway on the workers' bridge alone",
        do="set FLOWHQ_HOST to 127.0.0.1, and put a reverse proxy with TLS in front",
    )


def look_at_processes(scene: Scene) -> Iterable[Finding]:
    assert scene.target is not None
    found = {part: scene.target.installation.find_pid(part) for part in ("controlplane", "portal")}
    pids = {part: pid for part, pid in found.items() if pid is not None}
    if len(pids) < len(found):
        yield unknown("portal's user", "portal or control plane does not run here")
        return
    try:
        seen = {part: read_process(pid) for part, pid in pids.items()}
    except OSError as error:
        yield unknown("portal's user", f"its process is not shown: {error.strerror}", AS_ROOT)
        return
    advice = rooms.find_obstacle(scene.paths) if scene.paths else ""
    yield judge_user(seen["portal"], beside=seen["controlplane"], advice=advice)
    few = [
        f"{part} may open {process['files']} files"
        for part, process in seen.items()
        if int(process["files"]) < LEAST_DESCRIPTORS
    ]
    if few:
        yield warning("descriptors", some(few), "raise the hard limit (ulimit -Hn) to 65536")
    else:
        yield ok("descriptors", f"{seen['controlplane']['files']} for each process")


def read_process(pid: int, proc: Path = Path("/proc")) -> dict[str, str]:
    """Raises OSError."""
    place = proc / str(pid)
    status = dict(
        line.split(":", 1)
        for line in (place / "status").read_text(encoding="utf-8").splitlines()
        if ":" in line
    )
    limits = (place / "limits").read_text(encoding="utf-8").splitlines()
    (files,) = [line for line in limits if line.startswith("Max open files")]
    soft = files.removeprefix("Max open files").split()[0]
    return {
        "uid": status["Uid"].split()[1],
        "capabilities": status["CapPrm"].strip(),
        "no_new_privileges": status["NoNewPrivs"].strip(),
        "files": str(2**31) if soft == "unlimited" else soft,
        "mounts": str((place / "ns/mnt").readlink()),
    }


def judge_user(portal: Mapping[str, str], *, beside: Mapping[str, str], advice: str) -> Finding:
    """beside: the control plane's process. advice: why it is no user of its own, if it is known."""
    name = "portal's user"
    apart = portal["mounts"] != beside["mounts"]
    if portal["uid"] == "0":
        do = advice or "start the platform again: ./scripts/down, ./scripts/up"
        return down(name, "the portal is root: taken over, it is the machine", do)
    if int(portal["capabilities"], 16) & ~(1 << 10):  # CAP_NET_BIND_SERVICE, for ports below 1024
        return down(name, f"the portal has capabilities {portal['capabilities']}", "start it again")
    if portal["no_new_privileges"] != "1":
        return warning(name, "programs may give the portal rights", "start it again")
    if portal["uid"] == beside["uid"] and not apart:
        return warning(
            name,
            f"portal and control plane are both user {portal['uid']}: the database role alone"
            " holds them apart",
            advice or "start the platform as root, or use compose.yaml",
        )
    return ok(name, f"user {portal['uid']} without capabilities, in mounts of its own")


def judge_hosts(*, dashboard: str, portal: str) -> Finding:
    name = "hosts and https"
    ours, theirs = urlsplit(dashboard), urlsplit(portal)
    plain = [each.geturl() for each in (ours, theirs) if each.scheme == "http"]
    if ours.scheme == "https" and ours.hostname == theirs.hostname:
        return down(name, f"portal and dashboard share {ours.hostname}", "give each a host")
    if any(urlsplit(each).hostname not in LOOPBACK for each in plain):
        return down(name, f"passwords and sessions pass in the clear: {some(plain)}", "use https")
    if ours.scheme == "https" and theirs.scheme == "https":
        return ok(name, f"{dashboard} and {portal}")
    return ok(name, "by plain http, on this machine alone")


def look_at_files(scene: Scene) -> Finding:
    name = "files"
    state = scene.paths.state if scene.paths else scene.target.state_dir if scene.target else None
    if state is None or not state.is_dir():
        return unknown(name, "there is no state directory to be seen from here")
    try:
        found = modes.list_open(state)
    except OSError as error:
        return unknown(name, f"{error.filename}: {error.strerror}", AS_ROOT)
    return judge(
        name,
        [f"{path} is {path.lstat().st_mode & 0o7777:o}" for path in found],
        fine=f"{state} is its owner's alone",
        do=f"chmod -R go= {state}" if scene.paths is None else "run ./scripts/up: it closes them",
    )


def look_at_disk(scene: Scene) -> Finding:
    root = str((scene.info or {}).get("DockerRootDir", ""))
    state = str(scene.paths.state) if scene.paths else ""
    places = [each for each in (state, root) if each and Path(each).is_dir()]
    free = {each: shutil.disk_usage(each).free for each in places}
    said = "; ".join(f"{each}: {left / 1e9:.1f} GB free" for each, left in free.items())
    if not free:
        return unknown("disk", "neither the state nor the engine's directory is to be seen")
    if min(free.values()) < TOO_LITTLE:
        return down("disk", said, "make room: database, workers and logs stop when it is full")
    if min(free.values()) < LITTLE:
        return warning("disk", said, "make room before it is full")
    return ok("disk", said)


def judge_clock(state: int | None) -> Finding:
    """state: what adjtimex(2) returns."""
    if state is None:
        return unknown("clock", "the kernel does not tell whether it is synchronised")
    if state == UNSYNCHRONISED:
        return warning(
            "clock",
            "nobody keeps this machine's clock right: links, keys and pairing codes end by it",
            "turn on time synchronisation: systemd-timesyncd or chrony",
        )
    return ok("clock", "synchronised")


def _read_clock() -> int | None:
    answer = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    return answer if answer >= 0 else None


def _describe_versions(scene: Scene) -> str:
    known = describe_versions()
    engine = (scene.info or {}).get("ServerVersion", "none")
    kernel = os.uname().release
    libraries = ", ".join(f"{name} {version}" for name, version in known.items())
    return f"{libraries}; engine {engine}, kernel {kernel}, in {ROOT}"


def _is_ready(url: str) -> bool:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    reply = find_reply(Site(host=parts.hostname, port=parts.port), "GET", "/readyz")
    return reply is not None and reply.ok
