"""The handful of functions of neonize's Go library that a text bot uses, bound by hand.

The neonize package itself is never imported: its modules cost more memory than all the rest
of a worker (docs/performance.md), it swallows the end of a QR round, and when its library is
missing it downloads one. Signatures are those of `neonize/_binder.py` 0.5.2.
"""

import ctypes
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from shared.errors import PermanentError
from worker.whatsapp.files import FileKind, FileSource
from worker.whatsapp.session_file import SessionFile

ResultT = TypeVar("ResultT")

VERSION = "0.5.2"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

# The library's number for a kind of file, and its name in the path it is stored under
# (`neonize/utils/enum.py`).
_FILE_KINDS = {
    FileKind.IMAGE: (0, b"image"),
    FileKind.VIDEO: (1, b"video"),
    FileKind.AUDIO: (2, b"audio"),
    FileKind.DOCUMENT: (3, b"document"),
}
_UNKNOWN_SIZE = -1
# The library's numbers for how somebody writes, and what (`neonize/utils/enum.py`).
_COMPOSING, _PAUSED = 0, 1
_AS_TEXT = 0

QrCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
EventCallback = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
LogCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int)


class LibraryUnusableError(PermanentError):
    """The installed client library is missing or not the version this code was written for."""


class _Buffer(ctypes.Structure):
    """What the library returns for a message; C memory that the caller frees."""

    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def find_library() -> Path:
    """The `.so` in the installed neonize package; looks only, imports nothing."""
    spec = find_spec("neonize")
    if spec is None or not spec.submodule_search_locations:
        raise LibraryUnusableError("the neonize package is not installed")
    machine = os.uname().machine
    name = f"neonize-linux-{_ARCHITECTURES.get(machine, machine)}.so"
    path = Path(spec.submodule_search_locations[0]) / name
    if not path.is_file():
        raise LibraryUnusableError(f"{name} is not in the installed neonize package")
    return path


class Library:
    """Blocking calls, each released from the GIL; `client` is the name a round was given.

    A call for an unknown client, or two that change the set of clients at once, end the
    process inside Go: `neonize_client` sees to it that neither happens.
    """

    def __init__(self, path: Path) -> None:
        self._go = go = ctypes.CDLL(str(path))
        go.GetVersion.restype = ctypes.c_char_p
        version = go.GetVersion().decode()
        if version != VERSION:
            raise LibraryUnusableError(f"the client library is {version}, not {VERSION}")
        go.FreeString.argtypes, go.FreeString.restype = [ctypes.c_void_p], None
        go.FreeBytesStruct.argtypes = [ctypes.POINTER(_Buffer)]
        go.FreeBytesStruct.restype = None
        text, size = ctypes.c_char_p, ctypes.c_int
        connect = [text, text, text, size, size, text, QrCallback, QrCallback, EventCallback]
        connect += [LogCallback, text, size, text, size, text, size, ctypes.c_void_p]
        self._declare("Neonize", connect, self._take_string)
        self._declare("Stop", [text], self._take_string)
        self._declare("Disconnect", [text], None)
        self._declare("Logout", [text], self._take_string)
        for name in ("GetPNFromLID", "GetLIDFromPN"):
            self._declare(name, [text, text, size], self._take_buffer)
        # Three arguments, though the wrapper declares two: its callers give the length as well.
        self._declare("IsOnWhatsApp", [text, text, size], self._take_buffer)
        self._declare("SendMessage", [text, text, size, text, size], self._take_buffer)
        self._declare("PairPhone", [text, text, size], self._take_buffer)
        self._declare("SendChatPresence", [text, text, size, size, size], self._take_string)
        self._declare("GetMe", [text], self._take_buffer)
        download = [text, text, text, size, text, size, text, size, size, size, text]
        self._declare("DownloadMediaWithPath", download, self._take_pointer)
        self._declare("Upload", [text, ctypes.c_void_p, size, size], self._take_buffer)

    def session_file(self, path: Path) -> SessionFile:
        return SessionFile(self._go, path)

    def run_round(
        self,
        client: bytes,
        *,
        session_file: Path,
        device: bytes,
        on_qr: Any,
        on_login: Any,
        on_event: Any,
        on_log: Any,
        subscribed: bytes,
    ) -> str:
        """Connects and delivers events until the client is stopped; the error, or ''."""
        error: bytes = self._go.Neonize(
            str(session_file).encode(),
            client,
            b"",
            0,
            0,
            b"WARN",
            on_qr,
            on_login,
            on_event,
            on_log,
            subscribed,
            len(subscribed),
            device,
            len(device),
            b"",
            0,
            None,
        )
        return error.decode("utf-8", "replace")

    def stop(self, client: bytes) -> None:
        self._go.Stop(client)

    def disconnect(self, client: bytes) -> None:
        self._go.Disconnect(client)

    def log_out(self, client: bytes) -> str:
        """Removes this device from its phone, disconnects and deletes the session; the error, or
        ''. Asks the server: blocks as long as that takes, 75 s at most.
        """
        error: bytes = self._go.Logout(client)
        return error.decode("utf-8", "replace")

    def get_me(self, client: bytes) -> bytes:
        return self._buffer(self._go.GetMe(client))

    def pair_phone(self, client: bytes, request: bytes) -> bytes:
        """Asks the server: blocks as long as that takes, 75 s at most."""
        return self._buffer(self._go.PairPhone(client, request, len(request)))

    def find_phone(self, client: bytes, jid: bytes) -> bytes:
        return self._buffer(self._go.GetPNFromLID(client, jid, len(jid)))

    def find_lid(self, client: bytes, jid: bytes) -> bytes:
        return self._buffer(self._go.GetLIDFromPN(client, jid, len(jid)))

    def ask_on_whatsapp(self, client: bytes, phone: bytes) -> bytes:
        """Asks the server: blocks as long as that takes, 75 s at most."""
        return self._buffer(self._go.IsOnWhatsApp(client, phone, len(phone)))

    def send(self, client: bytes, jid: bytes, message: bytes) -> bytes:
        """Returns when the server took the message, or after 75 s at most."""
        return self._buffer(self._go.SendMessage(client, jid, len(jid), message, len(message)))

    def show_typing(self, client: bytes, jid: bytes, *, is_typing: bool) -> str:
        """The error, or ''. Waits for no answer, but may for the line."""
        state = _COMPOSING if is_typing else _PAUSED
        error: bytes = self._go.SendChatPresence(client, jid, len(jid), state, _AS_TEXT)
        return error.decode("utf-8", "replace")

    def download(
        self, client: bytes, source: FileSource, take: Callable[[memoryview], ResultT]
    ) -> ResultT:
        """Asks WhatsApp's media host: blocks as long as that takes. `take` is given the answer in
        the library's own memory, which is gone when it returns.
        """
        pointer = self._go.DownloadMediaWithPath(
            client,
            source.path.encode(),
            source.sealed_sha256,
            len(source.sealed_sha256),
            source.sha256,
            len(source.sha256),
            source.key,
            len(source.key),
            source.size or _UNKNOWN_SIZE,
            *_FILE_KINDS[source.kind],
        )
        if not pointer:
            return take(memoryview(b""))
        try:
            content = pointer.contents
            buffer = (ctypes.c_ubyte * content.size).from_address(content.data or 0)
            return take(memoryview(buffer).cast("B"))
        finally:
            self._go.FreeBytesStruct(pointer)

    def upload(self, client: bytes, content: int, size: int, kind: FileKind) -> bytes:
        """`content`: where in memory the file is. Returns when the media host took it."""
        return self._buffer(self._go.Upload(client, content, size, _FILE_KINDS[kind][0]))

    def _declare(self, name: str, arguments: list[Any], take: Any) -> None:
        function = getattr(self._go, name)
        function.argtypes = arguments
        if take is None:
            function.restype = None
            return
        # A raw pointer survives the call; the hook copies the content and frees the C memory.
        is_string = take == self._take_string
        function.restype = ctypes.c_void_p if is_string else ctypes.POINTER(_Buffer)
        function.errcheck = take

    @staticmethod
    def _take_pointer(result: Any, _function: Any, _arguments: Any) -> Any:
        return result

    def _take_string(self, result: Any, _function: Any, _arguments: Any) -> bytes:
        if not result:
            return b""
        try:
            return ctypes.string_at(result)
        finally:
            self._go.FreeString(result)

    def _take_buffer(self, result: Any, _function: Any, _arguments: Any) -> bytes:
        if not result:
            return b""
        try:
            content = result.contents
            return ctypes.string_at(content.data, content.size) if content.size else b""
        finally:
            self._go.FreeBytesStruct(result)

    @staticmethod
    def _buffer(result: Any) -> bytes:
        assert isinstance(result, bytes)
        return result
