"""The portal's environment."""

from pathlib import Path
from typing import Annotated

import msgspec

from shared.file_slips import SlipWindow, to_window


class PortalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the portal listens, and as whom it speaks to the database.

    database_url: as the role `flowhq_portal`, which row policies hold to one tenant.
    public_url: how browsers reach it. Where it is https, cookies are for https alone.
    secret: signs what forms carry; the same for every process that serves this site.
    processes: how many serve, side by side; each uses one core at most.
    files_socket: where the control plane gives files of messages; without one they are only named.
        files_secret: what slips for it are signed with, the same in its own settings.
    smtp_host: the mail server, spoken to with STARTTLS. Without one mails are written to
        `mail/` in state_dir, for whoever tries things out.
    """

    database_url: str
    secret: str
    public_url: str = "http://127.0.0.1:8080"
    state_dir: Path = Path(".flowhq")
    host: str = "127.0.0.1"
    port: int = 8080
    processes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    files_socket: str = ""
    files_secret: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    mail_from: str = "FlowHQ <noreply@localhost>"
    log_level: str = "INFO"
    log_json: bool = False

    @property
    def slip_window(self) -> SlipWindow | None:
        return to_window(self.files_socket, self.files_secret)

    @property
    def is_secure(self) -> bool:
        return self.public_url.startswith("https://")
