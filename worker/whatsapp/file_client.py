"""Files from WhatsApp's media host, one at a time: the library holds each whole in its memory."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from shared.enums import FileProblem
from shared.errors import FlowHQError
from worker.whatsapp.files import FileSource
from worker.whatsapp.neonize_client import NeonizeClient
from worker.whatsapp.outcomes import NotSentError
from worker.whatsapp.protobuf import MalformedMessageError, read_large

# Fields of the library's DownloadReturnFunction.
_BINARY, _ERROR = 1, 2
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

    def aclose(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


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


def _write(answer: memoryview, *, path: Path, max_bytes: int) -> int:
    try:
        fields = read_large(answer)
    except MalformedMessageError as error:
        raise FileError(FileProblem.FAILED, f"the library's answer: {error}") from error
    problem, content = fields.get(_ERROR), fields.get(_BINARY)
    if isinstance(problem, memoryview) and len(problem):
        text = bytes(problem).decode("utf-8", "replace")
        raise FileError(classify_download_error(text), _ADDRESS.sub("…", text))
    if not isinstance(content, memoryview):
        content = memoryview(b"")
    if len(content) > max_bytes:
        raise FileError(FileProblem.TOO_LARGE, f"the file has {len(content)} bytes")
    try:
        write_file(path, content)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise FileError(FileProblem.FAILED, f"the volume did not take it: {error}") from error
    return len(content)


def write_file(path: Path, content: memoryview) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)
