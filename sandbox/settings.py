"""The sandbox's environment."""

from pathlib import Path

import msgspec


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """host, port: the control API. tls_port: the WhatsApp server, on 127.0.0.1 alone.

    proxy_host: addresses of the proxy, separated by commas; they need not be up yet.
    state_dir: people, sessions and keys. mail_dir: where the portal writes its mails.
    """

    state_dir: Path = Path(".flowhq/sandbox")
    mail_dir: Path = Path(".flowhq/mail")
    host: str = "127.0.0.1"
    port: int = 8070
    tls_port: int = 8071
    proxy_host: str = "127.0.0.1"
    proxy_port: int = 8072
    log_level: str = "INFO"
    log_json: bool = False
