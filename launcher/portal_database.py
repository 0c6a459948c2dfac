"""The portal's own way into the database: its role, and the secrets that are only its."""

from urllib.parse import quote, urlsplit, urlunsplit

from launcher.paths import Paths
from shared.secret_files import ensure_secret

ROLE = "flowhq_portal"


def ensure_password(paths: Paths) -> str:
    return ensure_secret(paths.portal_password)


def url_of(paths: Paths, database_url: str) -> str:
    """The same database, as the portal's role."""
    parts = urlsplit(database_url)
    host = parts.netloc.rpartition("@")[2]
    password = quote(ensure_password(paths))
    return urlunsplit(parts._replace(netloc=f"{ROLE}:{password}@{host}"))
