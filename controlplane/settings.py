"""The control plane's environment."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from controlplane.containers.subnets import POOL
from controlplane.media.space import Limits
from controlplane.oidc.provider import ProviderSettings, is_safe
from shared.enums import OperatorRole
from shared.errors import SettingsError
from shared.file_slips import SlipWindow, to_window
from shared.structs.limits import (
    DEFAULTS,
    ApiRequestsPerMinute,
    Cpus,
    DiskBytes,
    LogLinesPerMinute,
    MemoryBytes,
    MessagesPerDay,
    Pids,
    QueuedMessages,
    TenantLimits,
)

AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
_LIMITS = Limits()


class ControlPlaneSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the control plane listens, what it starts and where it keeps files.

    instance: names this installation on the engine; two of them share an engine in peace.
    worker_image: a tag on the engine. worker_environment: a JSON object of more variables
        for every worker; `{gateway_host}` in a value is the workers' bridge address.
    worker_subnets: private addresses, of which each tenant's network is given eight. None that this
        machine or its networks use.
    gateway_host: empty for the bridge's own address, which only workers reach.
    state_dir: `admin.key`, `dashboard.secret`, `logs/` and `media/` live here.
    public_url: how browsers reach the dashboard. Where it is https, cookies are for https alone.
    portal_url: how browsers reach the portal, where that is by https: at a host of its own.
    worker_memory_bytes … tenant_api_requests_per_minute: what a tenant may use that has no limits
        of its own (`shared/structs/limits.py` says what each means).
    disk_interval: how often the session volumes are measured, at most.
    media_from_urls: whether files to send may be fetched from URLs of the public internet.
    media_file_bytes: a larger file is neither fetched nor taken; a worker needs three times as much
        memory while it fetches or sends one. media_tenant_bytes,
        media_total_bytes: what all files of a tenant, and all files, take up at most.
    files_socket: a socket that is made, where the portal asks for files of messages; without one
        it has none. files_secret: what it signs slips with, the same in its own settings.
    operators_need_totp: whether every operator needs an authenticator; who has none is led to set
        one up, and can do nothing else.
    oidc_issuer … oidc_client_secret_file: a provider by which operators may sign in; the secret is
        in a file of the owner's. oidc_name: as people call it. oidc_roles: a JSON object, from what
        its claim oidc_role_claim may hold to a role here. oidc_only: passwords are for
        oidc_break_glass alone, the address of an operator.
    """

    database_url: str
    worker_image: str
    instance: str = "default"
    state_dir: Path = Path(".flowhq")
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    portal_url: str = ""
    gateway_host: str = ""
    gateway_port: int = 8090
    docker_host: str = "unix:///var/run/docker.sock"
    worker_subnets: str = str(POOL)
    worker_environment: str = "{}"
    worker_memory_bytes: MemoryBytes = DEFAULTS.memory_bytes
    worker_cpus: Cpus = DEFAULTS.cpus
    worker_pids: Pids = DEFAULTS.pids
    worker_disk_bytes: DiskBytes = DEFAULTS.disk_bytes
    worker_log_lines_per_minute: LogLinesPerMinute = DEFAULTS.log_lines_per_minute
    tenant_queued_messages: QueuedMessages = DEFAULTS.queued_messages
    tenant_messages_per_day: MessagesPerDay = DEFAULTS.messages_per_day
    tenant_api_requests_per_minute: ApiRequestsPerMinute = DEFAULTS.api_requests_per_minute
    disk_interval: timedelta = timedelta(seconds=30)
    heartbeat_interval: timedelta = timedelta(seconds=15)
    resync_interval: timedelta = timedelta(seconds=15)
    media_from_urls: bool = False
    media_file_bytes: AtLeastOne = _LIMITS.file
    media_tenant_bytes: AtLeastOne = _LIMITS.tenant
    media_total_bytes: AtLeastOne = _LIMITS.total
    files_socket: str = ""
    files_secret: str = ""
    operators_need_totp: bool = False
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: str = ""
    oidc_name: str = "the company's login"
    oidc_role_claim: str = "roles"
    oidc_roles: str = "{}"
    oidc_only: bool = False
    oidc_break_glass: str = ""
    stop_grace: timedelta = timedelta(seconds=20)
    log_level: str = "INFO"
    log_json: bool = False

    @property
    def is_secure(self) -> bool:
        return self.public_url.startswith("https://")

    def check_hosts(self) -> None:
        """Cookies ignore ports: on one host the portal is sent operators' sessions. By plain http,
        for who tries things out on one machine, they go to the dashboard's paths alone.

        Raises SettingsError.
        """
        ours, theirs = (urlsplit(url).hostname for url in (self.public_url, self.portal_url))
        if self.is_secure and ours == theirs:
            raise SettingsError(
                "FLOWHQ_PUBLIC_URL, FLOWHQ_PORTAL_URL: dashboard and portal need a host each, for"
                f" browsers send the cookies of {ours} to all of its ports"
            )

    def read_provider(self) -> ProviderSettings | None:
        """Reads a file. Raises SettingsError."""
        if not self.oidc_issuer:
            if self.oidc_only:
                raise SettingsError("FLOWHQ_OIDC_ONLY: needs FLOWHQ_OIDC_ISSUER")
            return None
        for name, is_missing in (
            ("CLIENT_ID: is needed", not self.oidc_client_id),
            ("ISSUER: needs https", not is_safe(self.oidc_issuer)),
            ("ONLY: needs FLOWHQ_OIDC_BREAK_GLASS", self.oidc_only and not self.oidc_break_glass),
        ):
            if is_missing:
                raise SettingsError(f"FLOWHQ_OIDC_{name}")
        if not self.public_url:
            raise SettingsError("FLOWHQ_PUBLIC_URL: the provider sends browsers back there")
        return ProviderSettings(
            issuer=self.oidc_issuer,
            client_id=self.oidc_client_id,
            client_secret=self._read_client_secret(),
            redirect_uri=f"{self.public_url.rstrip('/')}/dashboard/sign-in/provider/back",
            name=self.oidc_name,
            role_claim=self.oidc_role_claim,
            roles=self._read_roles(),
            is_only_way=self.oidc_only,
            break_glass=self.oidc_break_glass,
        )

    def _read_client_secret(self) -> str:
        if not self.oidc_client_secret_file:
            return ""
        try:
            return Path(self.oidc_client_secret_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"FLOWHQ_OIDC_CLIENT_SECRET_FILE: {error}") from error

    def _read_roles(self) -> dict[str, OperatorRole]:
        try:
            return msgspec.json.decode(self.oidc_roles, type=dict[str, OperatorRole])
        except msgspec.DecodeError as error:
            raise SettingsError(f"FLOWHQ_OIDC_ROLES: {error}") from error

    @property
    def slip_window(self) -> SlipWindow | None:
        return to_window(self.files_socket, self.files_secret)

    @property
    def tenant_limits(self) -> TenantLimits:
        return TenantLimits(
            memory_bytes=self.worker_memory_bytes,
            cpus=self.worker_cpus,
            pids=self.worker_pids,
            disk_bytes=self.worker_disk_bytes,
            log_lines_per_minute=self.worker_log_lines_per_minute,
            queued_messages=self.tenant_queued_messages,
            messages_per_day=self.tenant_messages_per_day,
            api_requests_per_minute=self.tenant_api_requests_per_minute,
        )

    @property
    def media_limits(self) -> Limits:
        return Limits(
            file=self.media_file_bytes,
            tenant=self.media_tenant_bytes,
            total=self.media_total_bytes,
        )
