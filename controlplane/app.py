"""The control plane's composition root: the one place that knows every room."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from datetime import timedelta

import msgspec
import structlog
from litestar.types import ASGIApp

from controlplane.api.app import create_api
from controlplane.api.slips import serve_slips
from controlplane.containers.docker_driver import DockerDriver
from controlplane.containers.driver import ObservedNetwork
from controlplane.containers.events import EventWatch
from controlplane.containers.spec import Limits, WorkerTemplate
from controlplane.containers.subnets import read_pool
from controlplane.dashboard.desk import Desk
from controlplane.dashboard.site import create_dashboard
from controlplane.doors import join
from controlplane.gateway.config_watch import ConfigWatch, serve_config_watch
from controlplane.gateway.dispatch import Dispatcher
from controlplane.gateway.heartbeats import HeartbeatCollector
from controlplane.gateway.lending import Lending
from controlplane.gateway.link_orders import serve_link_orders
from controlplane.gateway.listener import WORKER_PATH, Gateway
from controlplane.gateway.takeover_watch import TakeoverWatch, serve_takeover_watch
from controlplane.media.fetching import Fetching
from controlplane.media.files import MediaFiles
from controlplane.media.remote import open_url, refuse_url
from controlplane.media.sweeping import sweep_uploads
from controlplane.oidc.provider import Provider
from controlplane.reconcile.alarm_watch import AlarmWatch, list_alarms
from controlplane.reconcile.disk_watch import DiskWatch
from controlplane.reconcile.executor import ForgetTenant
from controlplane.reconcile.loop import Reconciler
from controlplane.reconcile.portal_watch import watch_portal
from controlplane.reconcile.sampling import sample_for_ever
from controlplane.security import keep_security, write_rest
from controlplane.services.acting import Dispatch, Wake
from controlplane.services.ensure_admin_key import FILE_NAME, ensure_admin_key
from controlplane.services.request_rate import RequestRate
from controlplane.services.worker_logs import WorkerLogs
from controlplane.settings import ControlPlaneSettings
from shared.backoff import Backoff
from shared.clock import Clock, SystemClock
from shared.db.engine import check_database, open_database
from shared.db.lease import Lease
from shared.db.listening import CHANGED, Listener
from shared.errors import ContainerRuntimeError, SettingsError
from shared.file_slips import SlipWindow
from shared.ids import TenantId
from shared.log import TenantFiles, configure_logging
from shared.secret_files import ensure_secret
from shared.stores import credentials, fleet, limits
from shared.tasks import TaskGroup
from shared.web.changes import Changes
from shared.web.health import Check
from shared.web.passwords import Passwords
from shared.web.serving import listening_socket, serve, stop_on_signals

log = structlog.get_logger(__name__)

SECRET_NAME = "dashboard.secret"  # noqa: S105  a name
ENGINE_BACKOFF = Backoff(first=timedelta(seconds=1), ceiling=timedelta(seconds=15))


async def run(settings: ControlPlaneSettings) -> None:
    """Serves until SIGTERM or SIGINT. Workers' containers keep running. Raises SettingsError."""
    settings.check_hosts()
    tenant_files = TenantFiles(settings.state_dir / "logs")
    configure_logging(json=settings.log_json, level=settings.log_level, tenant_files=tenant_files)
    stop = stop_on_signals()
    with listening_socket(settings.host, settings.port) as listening:
        async with open_database(settings.database_url):
            await _serve(settings, tenant_files=tenant_files, listening=listening, stop=stop)
            await write_rest(SystemClock())
    await asyncio.to_thread(tenant_files.close)


async def _serve(
    settings: ControlPlaneSettings,
    *,
    tenant_files: TenantFiles,
    listening: socket.socket,
    stop: asyncio.Event,
) -> None:
    clock, changes = SystemClock(), Changes()
    await _prepare(settings, clock=clock)
    driver = DockerDriver(
        instance=settings.instance,
        base_url=settings.docker_host,
        subnets=read_pool(settings.worker_subnets),
    )
    try:
        network = await _ensure_network(driver)
        heartbeats = HeartbeatCollector(fleet.record_heartbeats, clock=clock)
        dispatcher = Dispatcher(clock=clock)
        files = MediaFiles(settings.state_dir / "media", settings.media_limits, clock=clock)
        await files.open()
        gateway = Gateway(
            dispatcher=dispatcher,
            lending=Lending(files),
            heartbeats=heartbeats,
            tenant_files=tenant_files,
            clock=clock,
            heartbeat_interval=settings.heartbeat_interval,
        )
        host = settings.gateway_host or network.gateway
        lease = Lease(settings.database_url)
        transfers = TaskGroup()
        fetching = Fetching(files, gateway.connections.find, transfers)
        template = _worker_template(settings, gateway_host=host)
        reconciler = Reconciler(
            driver,
            template=template,
            issue_token=credentials.issue,
            forget_tenant=_forgetting(files),
            resync_interval=settings.resync_interval,
            clock=clock,
            leading=lease.held,
        )
        events = EventWatch(
            instance=settings.instance,
            base_url=settings.docker_host,
            wake=reconciler.wake,
            wake_all=reconciler.wake_all,
            clock=clock,
        )
        worker_logs = WorkerLogs(driver)
        site = await _open_site(
            settings,
            checks={"database": check_database, "engine": driver.ping, "gateway": gateway.check},
            wake=reconciler.wake,
            gateway=gateway,
            dispatcher=dispatcher,
            worker_logs=worker_logs,
            changes=changes,
            files=files,
            fetching=fetching,
            clock=clock,
        )
        async with transfers, TaskGroup() as tasks:
            tasks.supervise("gateway", gateway.serve(host, settings.gateway_port))
            tasks.supervise("dispatcher", dispatcher.run())
            tasks.supervise("heartbeats", heartbeats.run())
            tasks.supervise("lease", lease.run())
            tasks.supervise("reconciler", reconciler.run())
            tasks.supervise("events", events.run())
            _listen(
                tasks,
                settings.database_url,
                gateway,
                dispatch=dispatcher.wake,
                reconcile=reconciler.wake,
                clock=clock,
            )
            _keep_files(tasks, files, fetching, window=settings.slip_window, clock=clock)
            _watch_fleet(
                tasks,
                DiskWatch(
                    driver,
                    template=template,
                    wake=reconciler.wake,
                    leading=lease.held,
                    reports=heartbeats.disk,
                ),
                disk_interval=settings.disk_interval,
                leading=lease.held,
                clock=clock,
            )
            tasks.supervise("listener", _tell(changes, settings.database_url).run())
            tasks.supervise("api", serve(site, listening))
            log.info("controlplane.started", instance=settings.instance, port=settings.port)
            await tasks.join(until=stop)
            log.info("controlplane.stopping")
            changes.end()
            worker_logs.end()
        await heartbeats.flush()
    finally:
        await driver.aclose()


async def _prepare(settings: ControlPlaneSettings, *, clock: Clock) -> None:
    """What the rows hold before anybody is served."""
    if await ensure_admin_key(settings.state_dir, clock=clock) is not None:
        # The file is the owner's alone; the key itself never reaches a log.
        log.info("admin_key.created", file=str(settings.state_dir / FILE_NAME))
    await limits.set_defaults(settings.tenant_limits)


def _tell(changes: Changes, url: str) -> Listener:
    return Listener(url, CHANGED, changed=changes.tell, missed=changes.tell_all)


def _listen(
    tasks: TaskGroup,
    url: str,
    gateway: Gateway,
    *,
    dispatch: Dispatch,
    reconcile: Wake,
    clock: Clock,
) -> None:
    """For what members do in the portal."""
    connections = gateway.connections
    orders = serve_link_orders(url, connections.push_command, reconcile=reconcile, clock=clock)
    tasks.supervise("link orders", orders)
    tasks.supervise("config watch", serve_config_watch(url, ConfigWatch(connections)))
    taken = TakeoverWatch(connections, dispatch=dispatch, clock=clock)
    tasks.supervise("takeover watch", serve_takeover_watch(url, taken))


def _keep_files(
    tasks: TaskGroup,
    files: MediaFiles,
    fetching: Fetching,
    *,
    window: SlipWindow | None,
    clock: Clock,
) -> None:
    """window: where members' portals ask for them."""
    tasks.supervise("uploads", sweep_uploads(files, clock=clock))
    if window is not None:
        tasks.supervise("slips", serve_slips(window, files=files, fetching=fetching, clock=clock))


async def _open_site(
    settings: ControlPlaneSettings,
    *,
    checks: Mapping[str, Check],
    wake: Wake,
    gateway: Gateway,
    dispatcher: Dispatcher,
    worker_logs: WorkerLogs,
    changes: Changes,
    files: MediaFiles,
    fetching: Fetching,
    clock: Clock,
) -> ASGIApp:
    """API and dashboard: two applications, the same services."""
    passwords = await asyncio.to_thread(Passwords)
    connections = gateway.connections
    request_rate = RequestRate(log_lines=gateway.standings.lines_used)
    api = create_api(
        checks=checks,
        wake=wake,
        disconnect=connections.drop,
        instruct=connections.push_command,
        configure=connections.push_config,
        dispatch=dispatcher.wake,
        alarms=list_alarms,
        worker_logs=worker_logs,
        clock=clock,
        passwords=passwords,
        files=files,
        fetching=fetching,
        open_url=open_url if settings.media_from_urls else refuse_url,
        request_rate=request_rate,
    )
    # It reads every template and static file, once.
    dashboard = await asyncio.to_thread(
        create_dashboard,
        await asyncio.to_thread(_open_desk, settings, clock=clock, passwords=passwords),
        wake=wake,
        disconnect=connections.drop,
        instruct=connections.push_command,
        configure=connections.push_config,
        alarms=list_alarms,
        worker_logs=worker_logs,
        changes=changes,
        request_rate=request_rate,
    )
    return join(api, dashboard)


def _open_desk(settings: ControlPlaneSettings, *, clock: Clock, passwords: Passwords) -> Desk:
    oidc = settings.read_provider()
    tls = ssl.create_default_context()
    return Desk(
        secret=ensure_secret(settings.state_dir / SECRET_NAME),
        is_secure=settings.is_secure,
        clock=clock,
        passwords=passwords,
        needs_second_step=settings.operators_need_totp,
        provider=None if oidc is None else Provider(oidc, tls=tls, clock=clock),
    )


def _watch_fleet(
    tasks: TaskGroup,
    disk: DiskWatch,
    *,
    disk_interval: timedelta,
    leading: asyncio.Event,
    clock: Clock,
) -> None:
    tasks.supervise("disk", disk.run(every=disk_interval))
    tasks.supervise("security", keep_security(clock))
    tasks.supervise("alarms", AlarmWatch(leading=leading).run())
    tasks.supervise("samples", sample_for_ever(leading=leading, clock=clock))
    tasks.supervise("portal watch", watch_portal())


def _forgetting(files: MediaFiles) -> ForgetTenant:
    async def forget(tenant_id: TenantId) -> None:
        # First, for as long as there are rows this is tried again.
        await files.remove_tenant(tenant_id)
        await fleet.forget_tenant(tenant_id)

    return forget


async def _ensure_network(driver: DockerDriver) -> ObservedNetwork:
    """Waits for an engine: at boot it may come up after us."""
    failures = 0
    while True:
        try:
            return await driver.ensure_network()
        except ContainerRuntimeError as error:
            failures += 1
            log.warning("engine.awaited", error=str(error), failures=failures)
            await asyncio.sleep(ENGINE_BACKOFF.delay(failures).total_seconds())


def _worker_template(settings: ControlPlaneSettings, *, gateway_host: str) -> WorkerTemplate:
    try:
        environment = msgspec.json.decode(settings.worker_environment, type=dict[str, str])
    except msgspec.DecodeError as error:
        raise SettingsError(f"FLOWHQ_WORKER_ENVIRONMENT: {error}") from error
    return WorkerTemplate(
        instance=settings.instance,
        image=settings.worker_image,
        gateway_url=f"ws://{gateway_host}:{settings.gateway_port}{WORKER_PATH}",
        environment={
            name: value.replace("{gateway_host}", gateway_host)
            for name, value in environment.items()
        },
        limits=Limits(
            memory_bytes=settings.worker_memory_bytes,
            cpus=settings.worker_cpus,
            pids=settings.worker_pids,
            disk_bytes=settings.worker_disk_bytes,
            stop_grace=settings.stop_grace,
        ),
    )
