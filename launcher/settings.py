"""What a person may choose, from `FLOWHQ_*` variables or options of the same names."""

from pathlib import Path

import msgspec

from launcher.paths import ROOT


class LauncherSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Ports are on 127.0.0.1, those of gateway and proxy on the workers' own bridge.

    worker_environment: more variables for every worker, as a JSON object; from
        FLOWHQ_WORKER_ENVIRONMENT only, such as '{"FLOWHQ_OUTBOUND_A_MINUTE": "60"}'.
    portal_settings: a file of more variables for the portal, as a JSON object; from
        FLOWHQ_PORTAL_SETTINGS only. A file, because a mail server's password is among them.
    media_*, operators_need_totp, oidc_*: the control plane's settings of these names; empty for its
        own defaults.
    """

    state_dir: Path = ROOT / ".flowhq"
    port: int = 8000
    portal_port: int = 8080
    gateway_port: int = 8090
    sandbox_port: int = 8070
    sandbox_tls_port: int = 8071
    sandbox_proxy_port: int = 8072
    worker_environment: str = "{}"
    portal_settings: str = ""
    media_from_urls: str = ""
    media_file_bytes: str = ""
    media_tenant_bytes: str = ""
    media_total_bytes: str = ""
    operators_need_totp: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: str = ""
    oidc_name: str = ""
    oidc_role_claim: str = ""
    oidc_roles: str = ""
    oidc_only: str = ""
    oidc_break_glass: str = ""


class UpOptions(msgspec.Struct, frozen=True, kw_only=True):
    """database_url: an external PostgreSQL instead of the embedded one.

    supervised: of a detached platform, whether what ends by itself is started again.
    """

    settings: LauncherSettings
    detach: bool = False
    live: bool = False
    demo: bool = True
    supervised: bool = True
    database_url: str | None = None
