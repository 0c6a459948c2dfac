"""The portal's own way into the database: its role, and the secrets that are only its."""

from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import quote, urlsplit, urlunsplit

from launcher.paths import Paths
from launcher.settings import UpOptions

ROLE = "flowhq_portal"
_BYTES = 32


def ensure_password(paths: Paths, options: UpOptions) -> str | None:
    """None for the embedded server: whoever reaches its socket is trusted, and it asks nobody."""
    return None if options.database_url is None else ensure_secret(paths.portal_password)


def url_of(paths: Paths, database_url: str) -> str:
    """The same database, as the portal's role."""
    parts = urlsplit(database_url)
    host = parts.netloc.rpartition("@")[2]
    secret = paths.portal_password
    password = f":{quote(secret.read_text(encoding='utf-8'))}" if secret.exists() else ""
    return urlunsplit(parts._replace(netloc=f"{ROLE}{password}@{host}"))


def ensure_secret(file: Path) -> str:
    """256 random bits that stay; readable by their owner alone."""
    if not file.exists():
        draft = file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(token_urlsafe(_BYTES), encoding="utf-8")
        draft.replace(file)
    return file.read_text(encoding="utf-8")
