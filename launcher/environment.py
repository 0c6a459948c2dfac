"""The one reader of the launcher's own environment, and what its children may inherit."""

import os
from collections.abc import Mapping

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


def current() -> dict[str, str]:
    return dict(os.environ)  # noqa: TID251  the launcher's one reading of the environment


def for_tools(environ: Mapping[str, str]) -> dict[str, str]:
    """System tools live in sbin directories that a plain user's PATH lacks."""
    return {**environ, "PATH": f"{environ.get('PATH', '/usr/bin:/bin')}:{SBIN}"}


def for_process(environ: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """A process gets its own `FLOWHQ_*` settings and none that this shell happens to hold."""
    kept = {name: value for name, value in environ.items() if not name.startswith("FLOWHQ_")}
    return {**kept, **{f"FLOWHQ_{name.upper()}": value for name, value in settings.items()}}
