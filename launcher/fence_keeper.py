"""Keeps the fence up where compose runs the platform: `compose.yaml`'s service `fence`.

It runs in a container of its own, on the host's network and with the right to set its packet
filter, and beside the standard library it needs `fence` alone (Dockerfile.fence). The bridge comes
and goes with the control plane, and the engine or other programs of the host may empty chains: so
it looks every few seconds, and puts up what is missing.
"""

import fcntl
import signal
import socket
import struct
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta

from launcher import environment, fence
from launcher.errors import LauncherError

LOOK_EVERY = timedelta(seconds=5)
# Inside, the engine's socket is not there; that it is on this machine is what compose is for.
HERE = "unix://"
_SIOCGIFADDR = 0x8915  # linux/sockios.h
_NAME, _ADDRESS = 15, slice(20, 24)  # of a struct ifreq


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """keep: until SIGTERM. check: 0 when every rule is in force. take-down: for good."""
    instance, ports = environ["FLOWHQ_INSTANCE"], _read_ports(environ)
    is_wanted = environ.get("FLOWHQ_FENCE", "on") != "off"
    match list(arguments):
        case ["check"] if not is_wanted:
            return 0
        case ["check"]:
            missing = fence.list_missing(instance, ports=ports, gateway=find_address(instance))
            print(*missing, sep="\n")
            return 1 if missing else 0
        case ["take-down"]:
            fence.take_down(instance)
            return 0
        case ["keep"]:
            return _keep(instance, ports) if is_wanted else _stay_away()
        case _:
            print("keep, check or take-down", file=sys.stderr)
            return 2


def find_address(instance: str) -> str | None:
    """The bridge's own, or None while there is no bridge."""
    name = f"fhq-{instance[:8]}".encode()[:_NAME]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            told = fcntl.ioctl(asking, _SIOCGIFADDR, struct.pack("256s", name))
        except OSError:
            return None
    return socket.inet_ntoa(told[_ADDRESS])


def _keep(instance: str, ports: Sequence[int]) -> int:
    obstacle = fence.find_obstacle(HERE)
    if obstacle:
        print(f"The workers' network cannot be fenced: {obstacle}. FLOWHQ_FENCE=off runs without.")
        return 1
    ended = _listen_for_the_end()
    while True:
        address = find_address(instance)
        missing = fence.list_missing(instance, ports=ports, gateway=address)
        if missing:
            fence.put_up(instance, ports=ports, gateway=address)
            print(f"{len(missing)} rules were missing and are in force, first: {missing[0]}")
        if ended.wait(LOOK_EVERY.total_seconds()):
            # The rules stay: workers run on while compose is down.
            return 0


def _stay_away() -> int:
    print("FLOWHQ_FENCE=off: workers reach the services of this host and the networks around it.")
    _listen_for_the_end().wait()
    return 0


def _listen_for_the_end() -> threading.Event:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    return ended


def _read_ports(environ: Mapping[str, str]) -> list[int]:
    more = environ.get("FLOWHQ_FENCE_PORTS", "").replace(",", " ").split()
    return [int(environ["FLOWHQ_GATEWAY_PORT"]), *map(int, more)]


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], environment.current()))
    except LauncherError as error:
        sys.exit(str(error))
