"""How this machine's pip reaches an index, for the build stage that needs the same way."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from launcher.recipe import Files

CA_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
# Where a company's own CA ends up on Debian when its administrator installed it.
SYSTEM_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
INDEX_KEYS = ("index-url", "extra-index-url", "trusted-host")
CA_FILE = ".flowhq/build/ca-bundle.pem"
CONFIG_FILE = ".flowhq/build/pip.conf"


def build_files(environ: Mapping[str, str]) -> Files:
    """The optional files of Dockerfile.worker's build stage, by their path in the context."""
    return files_of(find_bundle(environ), read_config())


def files_of(bundle: Path | None, listing: str) -> Files:
    """listing: as `pip config list` prints it."""
    config = render_config(listing)
    files: Files = {CONFIG_FILE: config.encode()} if config else {}
    if bundle is not None:
        files[CA_FILE] = bundle.read_bytes()
    return files


def find_bundle(environ: Mapping[str, str]) -> Path | None:
    named = [Path(environ[name]) for name in CA_VARIABLES if environ.get(name)]
    return next((path for path in [*named, SYSTEM_BUNDLE] if path.is_file()), None)


def render_config(listing: str) -> str:
    """A pip.conf with the indexes of `pip config list`; this machine's directories are left out.

    listing: lines such as `global.index-url='https://mirror/simple'`.
    """
    lines = []
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        reachable = [url for url in _values(value) if not url.startswith("file:")]
        if key in INDEX_KEYS and reachable:
            lines.append(f"{key} = {' '.join(reachable)}")
    return "\n".join(["[global]", *lines, ""]) if lines else ""


def _values(value: str) -> list[str]:
    return value.strip().strip("'\"").replace("\\n", " ").split()


def read_config() -> str:
    return subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
