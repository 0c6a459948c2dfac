"""Files from WhatsApp's media host, one at a time: the library holds each whole in its memory."""

import ctypes
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from mmap import ACCESS_COPY, mmap
from pathlib import Path

from shared.enums import FileProblem
from shared.errors import FlowHQError
from worker.files import disk
from worker.whatsapp.files import FileKind, FileSource, Uploaded
from worker.whatsapp.library import Library
from worker.whatsapp.neonize_client import NeonizeClient
from worker.whatsapp.outcomes import NotSentError
from worker.whatsapp.protobuf import (
    MalformedMessageError,
    Value,
    number,
    read,
    read_large,
    text,
)

# Fields of the library's DownloadReturnFunction.
_BINARY, _ERROR = 1, 2
# And of its UploadReturnFunction; those of the response in it stand where they are read.
_UPLOAD_RESPONSE, _UPLOAD_ERROR = 1, 2
# Texts of whatsmeow's errors (errors.go, download.go). Whatever is not named here may pass.
_GONE = ("status code 403", "status code 404", "status code 410")
_CORRUPT = ("hash of media", "invalid media hmac", "file length", "file too short", "decrypt file")
_OFFLINE = ("websocket", "failed to refresh media connections", "client is nil")
# Network errors name the address, and who has that may fetch the sealed file.
_ADDRESS = re.compile(r"https?://[^\s\"]+")


class FileError(FlowHQError):
    """A file cannot be had. Whether trying again may help, `problem` says."""

    def __init__(self, problem: FileProblem, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem


class FileClient:
    def __init__(self, client: NeonizeClient) -> None:
        self._client = client
        # Not the client's own: a download of minutes must not keep an answer waiting.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="files")

    async def download(self, source: FileSource, path: Path, *, max_bytes: int) -> int:
        """Writes the plain file to `path`; answers its size. Raises FileError."""
        take = partial(_write, path=path, max_bytes=max_bytes)
        try:
            return await self._client.call(
                lambda library, name: library.download(name, source, take), pool=self._pool
            )
        except NotSentError as error:
            raise FileError(FileProblem.OFFLINE, str(error)) from error

    async def upload(self, path: Path, kind: FileKind) -> Uploaded:
        """Raises FileError; a file that was not taken may be given again."""
        try:
            answer = await self._client.call(
                lambda library, name: _upload(library, name, path, kind), pool=self._pool
            )
        except NotSentError as error:
            raise FileError(FileProblem.OFFLINE, str(error)) from error
        except (OSError, ValueError) as error:
            raise FileError(FileProblem.FAILED, f"the file cannot be read: {error}") from error
        return _read_uploaded(answer, kind)

    def aclose(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def classify_upload_error(error: str) -> FileProblem:
    """TOO_LARGE: the media host will never take it. Anything else may pass."""
    if "status code 413" in error:
        return FileProblem.TOO_LARGE
    offline = any(mark in error.lower() for mark in _OFFLINE)
    return FileProblem.OFFLINE if offline else FileProblem.FAILED


def classify_download_error(error: str) -> FileProblem:
    text = error.lower()
    for problem, marks in (
        (FileProblem.GONE, _GONE),
        (FileProblem.CORRUPT, _CORRUPT),
        (FileProblem.OFFLINE, _OFFLINE),
    ):
        if any(mark in text for mark in marks):
            return problem
    return FileProblem.FAILED


def _upload(library: Library, name: bytes, path: Path, kind: FileKind) -> bytes:
    # Mapped, not read: its pages are the kernel's to take back. A copy, for ctypes wants to write.
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_COPY) as content:
        buffer = (ctypes.c_ubyte * len(content)).from_buffer(content)
        try:
            return library.upload(name, ctypes.addressof(buffer), len(content), kind)
        finally:
            del buffer  # a map that is still pointed into cannot be closed


def _read_uploaded(answer: bytes, kind: FileKind) -> Uploaded:
    try:
        fields = read(answer)
        problem, response = text(fields.get(_UPLOAD_ERROR)), read(fields.get(_UPLOAD_RESPONSE))
    except MalformedMessageError as error:
        raise FileError(FileProblem.FAILED, f"the library's answer: {error}") from error
    if problem or not response:
        raise FileError(classify_upload_error(problem), _ADDRESS.sub("…", problem) or "no answer")
    source = FileSource(
        kind=kind,
        path=text(response.get(2)),
        key=_bytes(response.get(4)),
        sealed_sha256=_bytes(response.get(5)),
        sha256=_bytes(response.get(6)),
        size=number(response.get(7)),
    )
    return Uploaded(url=text(response.get(1)), source=source)


def _bytes(value: Value | None) -> bytes:
    return value if isinstance(value, bytes) else b""


def _write(answer: memoryview, *, path: Path, max_bytes: int) -> int:
    try:
        fields = read_large(answer)
    except MalformedMessageError as error:
        raise FileError(FileProblem.FAILED, f"the library's answer: {error}") from error
    problem, content = fields.get(_ERROR), fields.get(_BINARY)
    if isinstance(problem, memoryview) and len(problem):
        words = text(bytes(problem))
        raise FileError(classify_download_error(words), _ADDRESS.sub("…", words))
    if not isinstance(content, memoryview):
        content = memoryview(b"")
    if len(content) > max_bytes:
        raise FileError(FileProblem.TOO_LARGE, f"the file has {len(content)} bytes")
    try:
        disk.append(path, content)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise FileError(FileProblem.FAILED, f"the volume did not take it: {error}") from error
    return len(content)
