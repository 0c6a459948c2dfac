"""The settings that each process gets: plain values, no effects."""

import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from launcher import environment
from launcher.errors import LauncherError
from launcher.paths import Paths
from launcher.processes import ProcessSpec
from launcher.settings import LauncherSettings

CONTROL_PLANE = "controlplane"
PORTAL = "portal"
SANDBOX = "sandbox"
LOOPBACK = "127.0.0.1"
# Settings of the control plane that `up` has no opinion about.
HANDED_ON = (
    *("media_from_urls", "media_file_bytes", "media_tenant_bytes", "media_total_bytes"),
    *("operators_need_totp", "oidc_issuer", "oidc_client_id", "oidc_client_secret_file"),
    *("oidc_name", "oidc_role_claim", "oidc_roles", "oidc_only", "oidc_break_glass"),
)
GATEWAY_HOST = "{gateway_host}"  # the control plane puts the bridge's address here


def control_plane(
    paths: Paths,
    settings: LauncherSettings,
    *,
    instance: str,
    database_url: str,
    worker_image: str,
    engine_address: str,
    files_secret: str,
    live: bool,
    environ: Mapping[str, str],
) -> ProcessSpec:
    return _python(
        CONTROL_PLANE,
        {
            "database_url": database_url,
            "worker_image": worker_image,
            "instance": instance,
            "state_dir": str(paths.state),
            "host": LOOPBACK,
            "port": str(settings.port),
            "gateway_port": str(settings.gateway_port),
            "docker_host": engine_address,
            "files_socket": str(paths.files_socket),
            "files_secret": files_secret,
            "worker_environment": worker_environment(settings, live=live),
            **_public_url(settings),
            **{name: value for name in HANDED_ON if (value := getattr(settings, name))},
        },
        environ,
    )


def _public_url(settings: LauncherSettings) -> dict[str, str]:
    """A provider is told where to send browsers back; nobody else asks."""
    is_asked = bool(settings.oidc_issuer)
    return {"public_url": f"http://{LOOPBACK}:{settings.port}"} if is_asked else {}


def worker_environment(settings: LauncherSettings, *, live: bool) -> str:
    """In practice a worker's way to WhatsApp is the sandbox's proxy on the bridge, as JSON."""
    try:
        more = msgspec.json.decode(settings.worker_environment, type=dict[str, str])
    except msgspec.DecodeError as error:
        raise LauncherError(f"FLOWHQ_WORKER_ENVIRONMENT: {error}") from error
    proxy = f"http://{GATEWAY_HOST}:{settings.sandbox_proxy_port}"
    return msgspec.json.encode(({} if live else {"HTTPS_PROXY": proxy}) | more).decode()


def sandbox(
    paths: Paths, settings: LauncherSettings, *, gateway: str, environ: Mapping[str, str]
) -> ProcessSpec:
    """gateway: the host's address on the workers' bridge, which only workers reach."""
    return _python(
        SANDBOX,
        {
            "state_dir": str(paths.sandbox),
            "mail_dir": str(paths.mail),
            "host": LOOPBACK,
            "port": str(settings.sandbox_port),
            "tls_port": str(settings.sandbox_tls_port),
            "proxy_host": gateway,
            "proxy_port": str(settings.sandbox_proxy_port),
        },
        environ,
    )


def portal(
    paths: Paths,
    settings: LauncherSettings,
    *,
    database_url: str,
    secret: str,
    files_secret: str,
    environ: Mapping[str, str],
) -> ProcessSpec:
    """database_url: as the portal's own role. files_secret: the control plane's as well."""
    given = {
        "database_url": database_url,
        "secret": secret,
        "files_socket": str(paths.files_socket),
        "files_secret": files_secret,
        "state_dir": str(paths.state),
        "host": LOOPBACK,
        "port": str(settings.portal_port),
        "public_url": f"http://{LOOPBACK}:{settings.portal_port}",
    }
    spec = _python(PORTAL, given, environ)
    more = portal_environment(settings)
    return msgspec.structs.replace(spec, environ={**spec.environ, **more})


def portal_environment(settings: LauncherSettings) -> dict[str, str]:
    """Raises LauncherError for a file that is not there or is no JSON object of texts."""
    if not settings.portal_settings:
        return {}
    try:
        return msgspec.json.decode(Path(settings.portal_settings).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError) as error:
        raise LauncherError(f"FLOWHQ_PORTAL_SETTINGS: {error}") from error


def migration(
    database_url: str, environ: Mapping[str, str], *, portal_password: str
) -> ProcessSpec:
    """portal_password: what the portal's role is given."""
    given = {"database_url": database_url, "portal_password": portal_password}
    spec = _python("shared.db", given, environ)
    return msgspec.structs.replace(spec, name="migrate", command=[*spec.command, "migrate"])


def python() -> str:
    """The interpreter of the environment that the launcher itself runs in."""
    return str(Path(sys.executable))


def _python(module: str, settings: Mapping[str, str], environ: Mapping[str, str]) -> ProcessSpec:
    # -P: nothing in the directory that this was called from may take the place of a module.
    return ProcessSpec(
        name=module,
        command=[python(), "-P", "-m", module],
        environ=environment.for_process(environ, {**settings}),
    )
