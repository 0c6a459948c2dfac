"""Brings the platform up, part by part; what this run started is stopped again if one fails."""

import subprocess
from collections.abc import Mapping

import msgspec

from launcher import (
    engine,
    fence,
    fleet,
    health,
    host,
    images,
    instance,
    logkeeper,
    parts,
    portal_database,
    ports,
    postgres,
    processes,
    records,
    rooms,
    supervisor,
)
from launcher.console import step
from launcher.errors import NotReadyError
from launcher.http import Site
from launcher.instance import Running
from launcher.paths import Paths
from launcher.settings import LauncherSettings, UpOptions
from launcher.waiting import wait_for
from shared.secret_files import ensure_secret

CONTROL_PLANE_READY = "/readyz"
SANDBOX_READY = "/healthz"
PORTAL_READY = "/readyz"
# What needs what: the last is stopped first.
STARTED = (
    postgres.PROCESS,
    logkeeper.PROCESS,
    parts.CONTROL_PLANE,
    parts.PORTAL,
    parts.SANDBOX,
    supervisor.PROCESS,
)


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """What runs, as the rest of the launcher needs to know it."""

    paths: Paths
    instance: str
    engine_address: str
    settings: LauncherSettings
    live: bool

    @property
    def control_plane(self) -> Site:
        key = self.paths.admin_key
        token = key.read_text(encoding="utf-8").strip() if key.exists() else None
        return Site(host=parts.LOOPBACK, port=self.settings.port, token=token)

    @property
    def sandbox(self) -> Site:
        return Site(host=parts.LOOPBACK, port=self.settings.sandbox_port)

    @property
    def portal(self) -> Site:
        return Site(host=parts.LOOPBACK, port=self.settings.portal_port)

    @property
    def fence_ports(self) -> list[int]:
        """Of the bridge's address, what workers reach."""
        practice = [] if self.live else [self.settings.sandbox_proxy_port]
        return [self.settings.gateway_port, *practice]

    @property
    def names(self) -> list[str]:
        return [parts.CONTROL_PLANE, parts.PORTAL, *([] if self.live else [parts.SANDBOX])]


def find_running(paths: Paths, environ: Mapping[str, str]) -> Platform | None:
    """None unless every part is alive and says that it is ready."""
    running, name = instance.find_running(paths), instance.find_id(paths)
    if running is None or name is None:
        return None
    platform = Platform(
        paths=paths,
        instance=name,
        engine_address=engine.address_of(environ),
        settings=running.settings,
        live=running.live,
    )
    alive = all(records.find_alive(paths.records, part) for part in platform.names)
    if not alive or not health.is_ready(platform.control_plane, CONTROL_PLANE_READY):
        return None
    if not health.is_ready(platform.portal, PORTAL_READY):
        return None
    if not running.live and not health.is_ready(platform.sandbox, SANDBOX_READY):
        return None
    return platform


def bring_up(paths: Paths, options: UpOptions, environ: Mapping[str, str]) -> Platform:
    """Raises LauncherError; then nothing runs that did not run before."""
    before = {name for name in STARTED if records.find_alive(paths.records, name)}
    settings = options.settings
    running = instance.find_running(paths)
    if running is not None and before & {parts.CONTROL_PLANE, parts.PORTAL, parts.SANDBOX}:
        settings = running.settings  # what is adopted keeps its ports
    instance.ensure_mode(paths, live=options.live)
    ports.require_free(_listeners(settings, live=options.live, alive=before))
    try:
        return _bring_up(paths, msgspec.structs.replace(options, settings=settings), environ)
    except BaseException:
        stop_processes(paths, [name for name in STARTED if name not in before])
        raise


def stop_processes(paths: Paths, names: list[str]) -> list[str]:
    """Stops those of them that run, in the reverse of their order; their names."""
    name = instance.find_id(paths) or ""
    stopped = []
    for part in [part for part in reversed(STARTED) if part in names]:
        if part == postgres.PROCESS:
            was = postgres.stop(paths, postgres.cluster_of(paths, name))
        else:
            was = processes.stop(paths, part)
        stopped.extend([part] if was else [])
    return stopped


def _bring_up(paths: Paths, options: UpOptions, environ: Mapping[str, str]) -> Platform:
    name = instance.ensure_id(paths)
    made = images.prepare(paths, environ, practice=not options.live)
    database_url = _start_database(paths, options, name, environ)
    platform = Platform(
        paths=paths,
        instance=name,
        engine_address=made.engine.address,
        settings=options.settings,
        live=options.live,
    )
    _put_up_fence(platform)
    logged = [*platform.names, postgres.PROCESS, engine.PROCESS, supervisor.PROCESS]
    logkeeper.start(paths, logged)
    instance.write_running(paths, Running(live=options.live, settings=options.settings))
    files_secret = ensure_secret(paths.files_secret)
    portal = _confined_portal(
        paths, options, database_url=database_url, files_secret=files_secret, environ=environ
    )
    what = "Control plane and portal" if options.live else "Control plane, portal and sandbox"
    with step(what) as outcome:
        outcome.detail = _describe_obstacle(paths)
        spec = parts.control_plane(
            paths,
            options.settings,
            instance=name,
            database_url=database_url,
            worker_image=made.worker.tag,
            engine_address=platform.engine_address,
            files_secret=files_secret,
            live=options.live,
            environ=environ,
        )
        processes.start(paths, spec)
        processes.start(paths, portal)
        if not options.live:
            # Side by side: workers that start again then find the sandbox there.
            gateway = _await_gateway(platform)
            sandbox = parts.sandbox(paths, platform.settings, gateway=gateway, environ=environ)
            port = min(
                options.settings.sandbox_port,
                options.settings.sandbox_tls_port,
                options.settings.sandbox_proxy_port,
            )
            processes.start(paths, rooms.confine_sandbox(paths, sandbox, port=port))
            health.await_ready(paths, parts.SANDBOX, platform.sandbox, SANDBOX_READY)
        health.await_ready(paths, parts.CONTROL_PLANE, platform.control_plane, CONTROL_PLANE_READY)
        health.await_ready(paths, parts.PORTAL, platform.portal, PORTAL_READY)
    if not fence.find_obstacle(platform.engine_address):
        _fence_bridge(platform)  # the first time, the bridge has its address only now
    ensure_supervision(paths, options, environ)
    return platform


def _confined_portal(
    paths: Paths,
    options: UpOptions,
    *,
    database_url: str,
    files_secret: str,
    environ: Mapping[str, str],
) -> processes.ProcessSpec:
    address = portal_database.url_of(paths, database_url)
    spec = parts.portal(
        paths,
        options.settings,
        database_url=address,
        secret=ensure_secret(paths.portal_secret),
        files_secret=files_secret,
        environ=environ,
    )
    port = options.settings.portal_port
    return rooms.confine_portal(paths, spec, database_url=address, port=port)


def _describe_obstacle(paths: Paths) -> str:
    """Only to root: it is the one who could have it otherwise."""
    obstacle = rooms.find_obstacle(paths) if host.is_root() else ""
    return f"portal and sandbox run as root: {obstacle} (see SECURITY.md)" if obstacle else ""


def ensure_supervision(paths: Paths, options: UpOptions, environ: Mapping[str, str]) -> bool:
    """Whether a supervisor had to be started. In the foreground a person is there to decide."""
    if not (options.detach and options.supervised):
        processes.stop(paths, supervisor.PROCESS)
        return False
    ran = records.find_alive(paths.records, supervisor.PROCESS) is not None
    supervisor.start(paths, environ)
    return not ran


def _put_up_fence(platform: Platform) -> None:
    with step("Fence around the workers' network") as outcome:
        obstacle = fence.find_obstacle(platform.engine_address)
        if obstacle:
            outcome.detail = f"none: {obstacle} (see SECURITY.md)"
        else:
            _fence_bridge(platform)


def _fence_bridge(platform: Platform) -> None:
    address = fleet.find_gateway(platform.engine_address, platform.instance)
    fence.put_up(platform.instance, ports=platform.fence_ports, gateway=address)


def _start_database(paths: Paths, options: UpOptions, name: str, environ: Mapping[str, str]) -> str:
    url = options.database_url
    if url is None:
        with step("PostgreSQL") as outcome:
            cluster = postgres.cluster_of(paths, name)
            outcome.detail = "" if postgres.start(paths, cluster) else "was running"
            url = cluster.url
    with step("Database schema"):
        spec = parts.migration(url, environ, portal_password=portal_database.ensure_password(paths))
        log = processes.log_path(paths, spec.name)
        with log.open("wb") as output:
            done = subprocess.run(
                spec.command,
                cwd=paths.root,
                env=dict(spec.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode != 0:
            raise NotReadyError("The database could not be migrated", processes.tail(log))
    return url


def _await_gateway(platform: Platform) -> str:
    """The host's address on the workers' network, which the control plane makes as it starts."""

    def settled() -> str | None:
        gateway = fleet.find_gateway(platform.engine_address, platform.instance)
        alive = records.find_alive(platform.paths.records, parts.CONTROL_PLANE)
        return gateway if gateway is not None or alive else ""

    gateway = wait_for(settled, within=health.READY_TIME)
    if not gateway:
        raise NotReadyError(
            "The control plane made no network for the workers",
            processes.tail(processes.log_path(platform.paths, parts.CONTROL_PLANE)),
        )
    return gateway


def _listeners(settings: LauncherSettings, *, live: bool, alive: set[str]) -> list[ports.Listener]:
    wanted = []
    if parts.CONTROL_PLANE not in alive:
        wanted.append(("admin API", settings.port, "--port"))
    if parts.PORTAL not in alive:
        wanted.append(("portal", settings.portal_port, "--portal-port"))
    if not live and parts.SANDBOX not in alive:
        wanted.append(("sandbox", settings.sandbox_port, "--sandbox-port"))
        wanted.append(("sandbox's WhatsApp", settings.sandbox_tls_port, "--sandbox-tls-port"))
    return [
        ports.Listener(purpose=purpose, host=parts.LOOPBACK, port=port, option=option)
        for purpose, port, option in wanted
    ]
