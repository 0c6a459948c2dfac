"""Where the launcher keeps things: one directory, so that removing it removes everything."""

from pathlib import Path

import msgspec

from launcher import modes

ROOT = Path(__file__).resolve().parent.parent


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """root: the checkout. state: this installation's own directory, `.flowhq` by default."""

    root: Path
    state: Path

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def records(self) -> Path:
        return self.state / "run"

    @property
    def build(self) -> Path:
        return self.state / "build"

    @property
    def postgres(self) -> Path:
        return self.state / "postgres"

    @property
    def mail(self) -> Path:
        """Where the portal writes its mails, without a mail server."""
        return self.state / "mail"

    @property
    def sandbox(self) -> Path:
        return self.state / "sandbox"

    @property
    def instance(self) -> Path:
        return self.state / "instance"

    @property
    def admin_key(self) -> Path:
        return self.state / "admin.key"

    @property
    def logins(self) -> Path:
        return self.state / "demo.logins"

    @property
    def portal_secret(self) -> Path:
        return self.state / "portal.secret"

    @property
    def portal_password(self) -> Path:
        return self.state / "portal.password"

    @property
    def files_socket(self) -> Path:
        """Where the portal asks the control plane for files; the directory is theirs alone."""
        return self.state / "files/socket"

    @property
    def files_secret(self) -> Path:
        return self.state / "files.secret"

    def prepare(self) -> None:
        """Closed to other users, also what an installation of before left open."""
        for directory in (self.state, self.logs, self.records, self.build):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        modes.close(self.state)
