"""What a worker's container may reach: WhatsApp, the gateway, and nothing else of this machine or
of the networks around it.

The engine keeps workers apart from each other, each on a bridge of its own, and not from the host:
whatever listens on 0.0.0.0 answers through the bridges, and so do the addresses next door.
The rules are the kernel's, in three chains of this installation: one for what workers address to
this machine, one, behind the engine's own DOCKER-USER, for what of theirs is passed on, and one for
what others address to the ports that are the workers' alone.
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
# Of the addresses that this machine has, those of the interface that a packet came in by: a port
# that is open on the bridge is closed on every other address, whoever listens there.
_OF_THE_BRIDGE = ("-m", "addrtype", "--dst-type", "LOCAL", "--limit-iface-in")

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


def to_rules(*, ports: Sequence[int], gateway: str | None = None) -> dict[str, list[Rule]]:
    """By chain: from workers into this machine (IN) and through it (ON), from others to the bridge
    (AT) whose address the gateway has. `ports` of that address stay open to workers, and to this
    machine itself.

    gateway: the bridge's address; without one, which is before there is a bridge, AT is empty.
    """
    tcp = [("-p", "tcp", "--dport", str(port)) for port in ports]
    here = ("-d", gateway) if gateway else _OF_THE_BRIDGE
    opened = [(*here, *each, "-j", "ACCEPT") for each in tcp]
    closed = [("-d", network, *_REFUSED) for network in NEXT_DOOR]
    theirs = [("-d", gateway, *each, *_REFUSED) for each in tcp] if gateway else []
    return {
        "IN": [(*_ANSWERS, "-j", "ACCEPT"), *opened, _REFUSED],
        "ON": [(*_ANSWERS, "-j", "RETURN"), *closed],
        "AT": [("-i", "lo", "-j", "RETURN"), *theirs],
    }


def put_up(instance: str, *, ports: Sequence[int], gateway: str | None = None) -> None:
    """Safe to repeat, with other ports too: workers that run find no moment without rules. Raises
    LauncherError.
    """
    lines = ["*filter"]
    for suffix, rules in to_rules(ports=ports, gateway=gateway).items():
        chain = _chain(instance, suffix)
        lines += [f":{chain} - [0:0]", *(" ".join(("-A", chain, *rule)) for rule in rules)]
    # One change of the kernel's: these chains are emptied and filled, all others stay.
    _run("--noflush", tool="iptables-restore", text="\n".join([*lines, "COMMIT", ""]))
    for jump in _jumps(instance, bridges=_bridge(instance)):
        _run("-D", *jump, may_fail=True)  # of before each tenant had a bridge of its own
    for jump in _jumps(instance):
        if not _run("-C", *jump, may_fail=True):
            _run("-I", *jump)


def list_missing(instance: str, *, ports: Sequence[int], gateway: str | None) -> list[str]:
    """The rules that are not in force, as they would be typed."""
    wanted = [
        (_chain(instance, suffix), *rule)
        for suffix, rules in to_rules(ports=ports, gateway=gateway).items()
        for rule in rules
    ]
    return [
        " ".join(rule)
        for rule in (*_jumps(instance), *wanted)
        if not _run("-C", *rule, may_fail=True)
    ]


def take_down(instance: str) -> None:
    """Safe to repeat; of what is not there nothing is said."""
    if not host.is_root() or host.find_tool("iptables") is None:
        return
    for jump in (*_jumps(instance), *_jumps(instance, bridges=_bridge(instance))):
        _run("-D", *jump, may_fail=True)
    for suffix in to_rules(ports=()):
        chain = _chain(instance, suffix)
        for verb in ("-F", "-X"):
            _run(verb, chain, may_fail=True)


def _chain(instance: str, suffix: str) -> str:
    return f"FLOWHQ-{instance[:8]}-{suffix}"  # the kernel takes 28 characters


def _bridge(instance: str) -> str:
    """What the names of an installation's bridges begin with, and the name of one of them. They are
    the control plane's (controlplane/containers/spec.py); a test holds them together by trying to
    get through.
    """
    return f"fhq-{instance[:8]}"


def _jumps(instance: str, *, bridges: str = "") -> list[Rule]:
    bridges = bridges or f"{_bridge(instance)}+"  # iptables: whatever it goes on with
    return [
        ("INPUT", "-i", bridges, "-j", _chain(instance, "IN")),
        ("DOCKER-USER", "-i", bridges, "-j", _chain(instance, "ON")),
        ("INPUT", "!", "-i", bridges, "-j", _chain(instance, "AT")),
    ]


def _run(*arguments: str, may_fail: bool = False, tool: str = "iptables", text: str = "") -> bool:
    found = host.find_tool(tool)
    assert found is not None, "whoever calls has looked"
    done = subprocess.run(
        [found, "-w", *arguments],
        env=environment.for_tools(environment.current()),
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 and not may_fail:
        command = " ".join((tool, *arguments))
        raise LauncherError(f"The workers' network cannot be fenced ({command}): {done.stderr}")
    return done.returncode == 0
