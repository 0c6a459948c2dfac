"""What the portal's process could do on this machine, if somebody had taken it over."""

import json
import os
import sys

from attack.checks import Check, Outcome
from attack.doctor.machine import read_process
from attack.errors import NotTriedError
from attack.ground import Ground
from attack.platform.local import run_tool

SECRETS = ("admin.key", "dashboard.secret", "portal.password", "run", "logs", "media", "sandbox")
ENGINE = "/var/run/docker.sock"
# As the process sees the machine (setns(2)) and as the user that it is; what is needed is loaded
# before. Arguments: its pid, and JSON of files and sockets.
INSIDE = """
import ctypes, json, os, socket, sys
pid, files, sockets = sys.argv[1], *json.loads(sys.argv[2])
status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status") if ":" in line)
user, group = (int(status[name].split()[1]) for name in ("Uid", "Gid"))
groups = [int(each) for each in status["Groups"].split()]
space = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
if ctypes.CDLL(None, use_errno=True).setns(space, 0x20000) != 0:
    sys.exit("the portal's mounts cannot be entered")
os.close(space)
os.chdir("/")
os.setgroups(groups); os.setresgid(group, group, group); os.setresuid(user, user, user)
opened = []
for path in files:
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1)
        opened.append(path)
    except OSError:
        pass
for path in sockets:
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        opened.append(path)
    except OSError:
        pass
print(json.dumps(opened))
"""


async def read_as_portal(ground: Ground) -> Outcome:
    """The control plane's files, engine and memory, as the portal's process."""
    installation = ground.target.installation
    pids = {part: installation.find_pid(part) for part in ("portal", "controlplane")}
    portal, control_plane = pids["portal"], pids["controlplane"]
    if portal is None or control_plane is None:
        raise NotTriedError("the portal's process is not on this machine")
    if os.geteuid() != 0:
        raise NotTriedError("only root may become the portal's process")
    breaches = _describe_rights(portal)
    state = ground.target.state_dir
    files = [f"/proc/{control_plane}/environ", f"/proc/{control_plane}/mem", "/etc/shadow"]
    files += [str(state / each) for each in SECRETS] if state is not None else []
    looked = json.dumps([files, [ENGINE]])
    said = await run_tool([sys.executable, "-IS", "-c", INSIDE, str(portal), looked])
    breaches += [f"it can open {path}" for path in json.loads(said)]
    return Outcome(saw=f"{len(files) + 1} files, sockets and processes", breaches=breaches)


def _describe_rights(pid: int) -> list[str]:
    seen = read_process(pid)
    breaches = []
    if seen["uid"] == "0":
        breaches.append("it is root")
    if seen["no_new_privileges"] != "1":
        breaches.append("a program may give it rights that it has not")
    return breaches


CHECKS = [
    Check(
        name="machine.portal",
        fence="the portal's user and mounts (launcher/rooms.py; compose.yaml)",
        expects="nothing of the control plane's: no key, log, memory, and not the engine",
        attack=read_as_portal,
    ),
]
