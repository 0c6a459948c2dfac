"""What a worker's container may reach: WhatsApp, the gateway, and nothing else of this machine or
of the networks around it.

The engine keeps containers of the workers' bridge apart from each other, and not from the host:
whatever listens on 0.0.0.0 answers through the bridge, and so do the addresses next door.
The rules are the kernel's, in two chains of this installation: one for what is addressed to
this machine, one, behind the engine's own DOCKER-USER, for what is passed on.
"""

import subprocess
from collections.abc import Sequence

from launcher import environment, host
from launcher.errors import LauncherError

# Private, shared (RFC 6598), link-local (with the clouds' metadata services) and loopback.
NEXT_DOOR = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    *("100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
)
# Said at once: a connection that is only dropped holds up whoever tries it for minutes.
_REFUSED = ("-j", "REJECT", "--reject-with", "icmp-admin-prohibited")
_ANSWERS = ("-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED")
_JUMPS = {"INPUT": "IN", "DOCKER-USER": "ON"}

Rule = tuple[str, ...]


def find_obstacle(engine_address: str) -> str:
    """Why the workers' network cannot be fenced; empty when it can."""
    if not engine_address.startswith("unix://"):
        return "the engine is on another machine"
    if not host.is_root():
        return "only root may set the machine's packet filter"
    if host.find_tool("iptables") is None:
        return "iptables is not installed"
    if not _run("-L", "DOCKER-USER", "-n", may_fail=True):
        return "the engine keeps no iptables chain DOCKER-USER"
    return ""


def to_rules(*, ports: Sequence[int]) -> dict[str, list[Rule]]:
    """By chain: into this machine (IN), and through it (ON). `ports` of the host stay open."""
    opened = [("-p", "tcp", "--dport", str(port), "-j", "ACCEPT") for port in ports]
    closed = [("-d", network, *_REFUSED) for network in NEXT_DOOR]
    return {
        "IN": [(*_ANSWERS, "-j", "ACCEPT"), *opened, _REFUSED],
        "ON": [(*_ANSWERS, "-j", "RETURN"), *closed],
    }


def put_up(instance: str, *, ports: Sequence[int]) -> None:
    """Safe to repeat, with other ports too. Raises LauncherError."""
    for suffix, rules in to_rules(ports=ports).items():
        chain = _chain(instance, suffix)
        _run("-N", chain, may_fail=True)  # it is there already
        _run("-F", chain)
        for rule in rules:
            _run("-A", chain, *rule)
    for parent, suffix in _JUMPS.items():
        jump = _jump(instance, parent, suffix)
        if not _run("-C", *jump, may_fail=True):
            _run("-I", *jump)


def take_down(instance: str) -> None:
    """Safe to repeat; of what is not there nothing is said."""
    if not host.is_root() or host.find_tool("iptables") is None:
        return
    for parent, suffix in _JUMPS.items():
        chain = _chain(instance, suffix)
        for verb, rule in (("-D", _jump(instance, parent, suffix)), ("-F", (chain,))):
            _run(verb, *rule, may_fail=True)
        _run("-X", chain, may_fail=True)


def _chain(instance: str, suffix: str) -> str:
    return f"FLOWHQ-{instance[:8]}-{suffix}"  # the kernel takes 28 characters


def _jump(instance: str, parent: str, suffix: str) -> Rule:
    # The bridge's name is the control plane's (controlplane/containers/spec.py); a test holds them
    # together by trying to get through.
    return (parent, "-i", f"fhq-{instance[:8]}", "-j", _chain(instance, suffix))


def _run(*arguments: str, may_fail: bool = False) -> bool:
    tool = host.find_tool("iptables")
    assert tool is not None, "whoever calls has looked"
    done = subprocess.run(
        [tool, "-w", *arguments],
        env=environment.for_tools(environment.current()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 and not may_fail:
        command = " ".join(("iptables", *arguments))
        raise LauncherError(f"The workers' network cannot be fenced ({command}): {done.stderr}")
    return done.returncode == 0
