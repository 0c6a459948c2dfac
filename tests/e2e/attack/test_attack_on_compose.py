"""The whole attack on a platform that compose runs, with the sandbox beside it.

As `test_attack.py`, with nothing beside it:
`./scripts/test --slow tests/e2e/attack/test_attack_on_compose.py`.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from attack.checks import Verdict
from attack.report.report import Report
from launcher import engine, environment, fleet, parts, practice_image
from launcher.building import find_image
from launcher.paths import ROOT, Paths
from launcher.settings import LauncherSettings
from tests.e2e.compose import images
from tests.e2e.compose.deployment import Deployment, free_ports, is_ready, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(1200)]
LONGEST = 900


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, str]]:
    """A deployment, and where its sandbox is."""
    environ = environment.current()
    address = engine.address_of(environ)
    paths = Paths(root=ROOT, state=ROOT / ".flowhq")
    made = images.prepare(paths, address)
    production = find_image(address, made.worker)
    assert production is not None
    practice = practice_image.ensure_practice(paths, address, worker=production, environ=environ)
    api, gateway, portal, page, tls, proxy = free_ports(6)
    settings = LauncherSettings(sandbox_port=page, sandbox_tls_port=tls, sandbox_proxy_port=proxy)
    deployment = Deployment(
        address=address,
        images=msgspec.structs.replace(made, worker=practice.tag),
        instance=f"t{uuid4().hex[:7]}",
        ports=(api, gateway, portal),
        more={
            "FLOWHQ_WORKER_ENVIRONMENT": parts.worker_environment(settings, live=False),
            "FLOWHQ_FENCE_PORTS": str(proxy),
        },
    )
    try:
        deployment.up()
        bridge = fleet.find_gateway(address, deployment.instance)
        assert bridge is not None
        # Its keys are those that the practice image trusts; it shows the portal's mails.
        spec = parts.sandbox(paths, settings, gateway=bridge, environ=environ)
        [state] = [
            mount["Source"]
            for mount in deployment.inspect("portal")["Mounts"]
            if mount["Destination"] == "/var/lib/flowhq"
        ]
        log = tmp_path_factory.mktemp("sandbox") / "sandbox.log"
        with (
            log.open("wb") as output,
            subprocess.Popen(  # noqa: S603
                spec.command,
                cwd=ROOT,
                env={**spec.environ, "FLOWHQ_MAIL_DIR": f"{state}/mail"},
                stdout=output,
                stderr=output,
            ) as sandbox,
        ):
            url = f"http://127.0.0.1:{page}"
            try:
                wait_for(lambda: is_ready(url, "/healthz"), "the sandbox")
                yield deployment, url
            finally:
                sandbox.terminate()
    finally:
        deployment.remove()
        deployment.engine.close()


def test_every_fence_holds_and_everything_is_tried(
    composed: tuple[Deployment, str], tmp_path: Path
) -> None:
    deployment, sandbox = composed
    found = tmp_path / "report.json"
    done = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "scripts/stress_test.py", "--attack", "--json", str(found)),
            *("--compose", deployment.project, "--sandbox", sandbox),
        ],
        cwd=ROOT,
        env={**environment.current(), "DOCKER_HOST": engine.address_of(environment.current())},
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
    )
    assert found.exists(), done.stdout + done.stderr
    report = msgspec.json.decode(found.read_bytes(), type=Report)
    down = {check.name: check.breaches for check in report.checks if check.breaches}
    untried = {c.name: c.saw for c in report.checks if c.verdict is Verdict.NOT_TRIED}
    assert (down, untried) == ({}, {}), done.stdout
    assert done.returncode == 0
