"""The portal's own way into the database: its role, and the secrets that are only its."""

from urllib.parse import quote, urlsplit, urlunsplit

from launcher.paths import Paths
from launcher.settings import UpOptions
from shared.secret_files import ensure_secret

ROLE = "flowhq_portal"


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
