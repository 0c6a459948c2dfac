"""Static files in memory, under addresses that name their content and so may be kept for ever."""

from collections.abc import Iterable
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

PREFIX = "/static"
DIRECTORY = Path(__file__).parent / "static"
_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_DIGEST_LENGTH = 16


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    digest: str
    media_type: str
    content: bytes


class Assets:
    """Reads all files of `directories` at once: nothing is read while requests are served."""

    def __init__(self, directories: Iterable[Path] = (DIRECTORY,)) -> None:
        self._assets = {
            file.name: _read(file) for directory in directories for file in directory.iterdir()
        }

    def address(self, name: str) -> str:
        """For a page; KeyError for a file that is not there."""
        return f"{PREFIX}/{self._assets[name].digest}/{name}"

    def find(self, digest: str, name: str) -> Asset | None:
        asset = self._assets.get(name)
        return asset if asset is not None and asset.digest == digest else None


@get(f"{PREFIX}/{{digest:str}}/{{name:str}}", include_in_schema=False, opt={"static": True})
async def serve_asset(digest: FromPath[str], name: FromPath[str], state: State) -> Response[bytes]:
    asset = state.assets.find(digest, name)
    if asset is None:
        raise NotFoundException
    return Response(
        asset.content,
        status_code=HTTPStatus.OK,
        media_type=asset.media_type,
        headers={"Cache-Control": _FOR_EVER},
    )


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    return Asset(
        digest=sha256(content).hexdigest()[:_DIGEST_LENGTH],
        media_type=_TYPES[file.suffix],
        content=content,
    )
