"""Runs inside a worker's container, as whoever has taken the worker over; prints JSON.

Handed in as text: it imports nothing of ours, and the image need not hold it.
"""

import ctypes
import errno
import json
import os
import socket
import stat
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

CONNECT_TIME = 3.0
# By name, the number on x86_64 and on aarch64. The arguments do nothing where they are let through.
SYSTEM_CALLS = {
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "open_by_handle_at": (304, 265),
    "swapon": (167, 224),
    "reboot": (169, 142),
    "settimeofday": (164, 170),
    "sethostname": (170, 161),
    "acct": (163, 89),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "chroot": (161, 51),
    "clone": (56, 220),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "vmsplice": (278, 75),
    "request_key": (249, 218),
    "fanotify_init": (300, 262),
    "name_to_handle_at": (303, 264),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "mount_setattr": (442, 442),
    "delete_module": (176, 106),
    "kexec_file_load": (320, 294),
    "personality": (135, 92),
    "mbind": (237, 235),
}
# Kinds of sockets that a worker has no use for, by their number on every machine.
FAMILIES = {
    "AF_PACKET": 17,
    "AF_ALG": 38,
    "AF_VSOCK": 40,
    "AF_KEY": 15,
    "AF_BLUETOOTH": 31,
    "AF_CAN": 29,
}
CLONE_NEWUSER = 0x10000000
ARGUMENTS: dict[str, tuple[int, ...]] = {
    "unshare": (CLONE_NEWUSER,),
    "clone": (CLONE_NEWUSER | 17,),  # SIGCHLD
    "personality": (0xFFFFFFFF,),  # which only asks
    "ptrace": (0,),
    "reboot": (0,),
    "syslog": (10,),
}
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def reach(targets: list[tuple[str, int]]) -> dict[str, str]:
    """By `host:port`: open, or the error's name."""
    with ThreadPoolExecutor(64) as pool:
        return dict(pool.map(_connect, targets))


def _connect(target: tuple[str, int]) -> tuple[str, str]:
    host, port = target
    try:
        said = _listen_to(host, port)
    except TimeoutError:
        outcome = "TIMEOUT"
    except OSError as error:
        outcome = errno.errorcode.get(error.errno or 0, str(error))
    else:
        outcome = f"open {said}"
    return f"{host}:{port}", outcome


def _listen_to(host: str, port: int) -> str:
    with socket.create_connection((host, port), timeout=CONNECT_TIME) as found:
        found.settimeout(CONNECT_TIME)
        try:
            found.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return found.recv(64).decode("latin-1")
        except OSError:
            return ""


def names(asked: list[str]) -> dict[str, str]:
    """By name or address: what it resolves to, empty where it does not."""
    with ThreadPoolExecutor(16) as pool:
        return dict(zip(asked, pool.map(_resolve, asked), strict=True))


def _resolve(name: str) -> str:
    is_address = name.replace(".", "").isdigit()
    try:
        if not is_address:
            return socket.gethostbyname(name)
        host, aliases, _ = socket.gethostbyaddr(name)
    except OSError:
        return ""
    return " ".join([host, *aliases])


def identity(_given: None) -> dict[str, Any]:
    """Who the process is, and what it may become."""
    fields = dict(
        line.split(":\t", 1) for line in _read("/proc/self/status").splitlines() if ":\t" in line
    )
    return {
        "uids": fields.get("Uid", "").split(),
        "groups": fields.get("Groups", "").split(),
        "no_new_privs": fields.get("NoNewPrivs", ""),
        "seccomp": fields.get("Seccomp", ""),
        **{name: int(fields.get(name, "0"), 16) for name in CAPABILITIES},
    }


def files(_given: None) -> dict[str, Any]:
    """Mounts, programs that change the user, and places that can be written or run from."""
    mounts = [line.split() for line in _read("/proc/self/mountinfo").splitlines()]
    return {
        "mounts": {each[4]: each[5] for each in mounts},
        "setuid": _find_setuid(),
        "writable": [
            each for each in ("/", "/etc", "/app", "/opt", "/usr", "/var") if _writes(each)
        ],
        "runs": [each for each in ("/data", "/tmp", "/dev/shm") if _runs_from(each)],
        "sockets": [each for each in SOCKETS if os.path.exists(each)],
        "devices": sorted(set(os.listdir("/dev")) - HARMLESS),
    }


SOCKETS = ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock")
HARMLESS = {
    *("null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", "pts", "shm"),
    *("mqueue", "fd", "stdin", "stdout", "stderr", "core"),
}


def processes(_given: None) -> dict[str, Any]:
    """What of the host's processes and of the kernel can be seen or set."""
    pids = [each for each in os.listdir("/proc") if each.isdigit()]
    programs = sorted({_read(f"/proc/{pid}/comm").strip() for pid in pids})
    return {
        "programs": programs,
        "environments": [pid for pid in pids if pid != str(os.getpid()) and _foreign(pid)],
        "kernel": [path for path in KERNEL if _opens_to_write(path)],
        "memory": [path for path in MEMORY if _reads_something(path)],
    }


KERNEL = (
    *("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/panic_on_oom"),
    *("/proc/sys/net/ipv4/ip_forward", "/sys/kernel/uevent_helper", "/proc/sys/kernel/modprobe"),
    *("/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/memory/release_agent"),
)
MEMORY = ("/proc/kcore", "/dev/mem", "/dev/kmem", "/proc/keys", "/proc/timer_list", "/dev/kmsg")


def calls(_given: None) -> dict[str, str]:
    """By system call: the error's name, or what came back."""
    column = 0 if os.uname().machine == "x86_64" else 1
    library = ctypes.CDLL(None, use_errno=True)
    found = {}
    for name, numbers in SYSTEM_CALLS.items():
        pid = os.fork()  # one that succeeds changes the process that called it
        if pid == 0:
            given = [ctypes.c_long(each) for each in ARGUMENTS.get(name, (0, 0, 0, 0, 0))]
            ctypes.set_errno(0)
            result = library.syscall(ctypes.c_long(numbers[column]), *given)
            os._exit(0 if result >= 0 else min(ctypes.get_errno(), 255))
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        found[name] = "OK" if code == 0 else errno.errorcode.get(code, f"signal {code}")
    found["raw socket"] = _raw_socket()
    for name, number in FAMILIES.items():
        found[name] = _outcome(partial(_open_socket, number))
    found["mknod"] = _outcome(
        lambda: os.mknod("/data/node", stat.S_IFBLK | 0o600, os.makedev(8, 0))
    )
    return found


def network(_given: None) -> dict[str, Any]:
    """Addresses of the sixth version, and whether the interface can be changed."""
    return {
        "ipv6": [line.split()[-1] for line in _read("/proc/net/if_inet6").splitlines()],
        "routes": len(_read("/proc/net/route").splitlines()) - 1,
    }


def disk(wanted: int) -> dict[str, Any]:
    """Reserves that many bytes on the volume; how many there are, and what was said."""
    path = "/data/attack.bin"
    done, problem, step = 0, "", 64 * 1024 * 1024
    with open(path, "wb") as file:
        try:
            while done < wanted:
                os.posix_fallocate(file.fileno(), done, step)
                done += step
        except OSError as error:
            problem = errno.errorcode.get(error.errno or 0, "")
    return {"bytes": done, "problem": problem}


def _find_setuid() -> list[str]:
    found = []
    for parent, directories, names in os.walk("/"):
        directories[:] = [d for d in directories if os.path.join(parent, d) not in SKIPPED]
        for name in names:
            path = os.path.join(parent, name)
            try:
                mode = os.lstat(path).st_mode
            except OSError:
                continue
            if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                found.append(path)
    return found


SKIPPED = {"/proc", "/sys", "/dev"}


def _writes(directory: str) -> bool:
    path = os.path.join(directory, "attack")
    if _outcome(lambda: os.close(os.open(path, os.O_CREAT | os.O_WRONLY))) != "OK":
        return False
    os.unlink(path)
    return True


def _runs_from(directory: str) -> bool:
    """Made in two ways: executable from the beginning, and only later."""
    return any(
        _runs(os.path.join(directory, name), mode)
        for name, mode in (("attack.sh", 0o600), ("attack-at-once.sh", 0o700))
    )


def _runs(path: str, mode: int) -> bool:
    try:
        file = os.open(path, os.O_CREAT | os.O_WRONLY, mode)
    except OSError:
        return False
    os.write(file, b"#!/bin/sh\nexit 7\n")
    os.close(file)
    with suppress(OSError):
        os.chmod(path, 0o700)
    pid = os.fork()
    if pid == 0:
        try:
            os.execv(path, [path])
        except OSError:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    os.unlink(path)
    return os.waitstatus_to_exitcode(status) == 7


def _foreign(pid: str) -> bool:
    """Whether it is another user's process that tells its variables."""
    try:
        return os.stat(f"/proc/{pid}").st_uid != os.getuid() and bool(_read(f"/proc/{pid}/environ"))
    except OSError:
        return False


def _opens_to_write(path: str) -> bool:
    return _outcome(lambda: os.close(os.open(path, os.O_WRONLY))) == "OK"


def _reads_something(path: str) -> bool:
    try:
        with open(path, "rb", buffering=0) as file:
            return bool((file.read(64) or b"").strip())
    except OSError:
        return False


def _raw_socket() -> str:
    return _outcome(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close())


def _open_socket(family: int) -> None:
    socket.socket(family, socket.SOCK_DGRAM).close()


def _outcome(act: Callable[[], object]) -> str:
    try:
        act()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "OK"


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](json.loads(sys.argv[2]))))
