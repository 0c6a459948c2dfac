"""What is in the worker's images, read from the images themselves."""

import contextlib
import hashlib
import io
import tarfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from docker.api.client import APIClient

from launcher import base_image, building, engine, environment, practice_image, worker_image
from launcher.building import Image
from launcher.images import Prepared
from launcher.paths import Paths
from launcher.pip_settings import find_bundle
from tests.fakes.scripts import load_script

pytestmark = pytest.mark.docker

CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
BUILD_TOOLS = ("gcc", "cc", "g++", "make", "pip", "pip3", "apt", "apt-get", "dpkg", "perl")
LARGEST_IMAGE = 100_000_000

Names = dict[str, tarfile.TarInfo]


class Contents:
    """Every file of an image, as a container of it would see them; nothing is run."""

    def __init__(self, client: APIClient, image: Image) -> None:
        container = client.create_container(image.tag, "none", labels=building.MANAGED)["Id"]
        try:
            exported = b"".join(client.export(container))
        finally:
            client.remove_container(container, force=True)
        self._archive = tarfile.open(fileobj=io.BytesIO(exported))  # noqa: SIM115  for the session
        self.members = {member.name: member for member in self._archive.getmembers()}

    def read(self, name: str) -> bytes:
        file = self._archive.extractfile(name)
        return file.read() if file is not None else b""

    def certificates(self) -> set[bytes]:
        """The PEM certificates in all files, whatever the files are called."""
        found: set[bytes] = set()
        for name, member in self.members.items():
            content = self.read(name) if member.isreg() else b""
            found.update(_split(content))
        return found


def _split(content: bytes) -> set[bytes]:
    return {b"".join(part.split(b"-----")[0].split()) for part in content.split(CERTIFICATE)[1:]}


def test_the_bill_of_materials_names_what_the_image_holds(prepared: Prepared) -> None:
    bill = load_script("bill_of_materials")
    with contextlib.closing(engine.connect(prepared.engine.address)) as client:
        described = bill.describe_image(client, prepared.production.tag)
    kinds = {part.name: part.purl.type for part in described.components if part.purl}
    assert (kinds["neonize"], kinds["libc6"]) == ("pypi", "deb")
    assert "litestar" not in kinds, "the worker has none of the portal's packages"
    (digest,) = described.metadata.component.hashes
    assert prepared.production.id == f"sha256:{digest.content}"


@pytest.fixture(scope="module")
def production(prepared: Prepared) -> Contents:
    return _contents(prepared, prepared.production)


@pytest.fixture(scope="module")
def practice(prepared: Prepared) -> Contents:
    return _contents(prepared, prepared.worker)


def _contents(prepared: Prepared, image: Image) -> Contents:
    with contextlib.closing(engine.connect(prepared.engine.address)) as client:
        return Contents(client, image)


@pytest.fixture(scope="module")
def wheels_library() -> Path:
    """The client library as the wheel put it on this machine."""
    package = find_spec("neonize")
    assert package is not None
    assert package.origin is not None
    return next(Path(package.origin).parent.glob("*.so"))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_production_image_carries_the_library_byte_for_byte(
    production: Contents, wheels_library: Path
) -> None:
    carried = f"{practice_image.NEONIZE[1:]}/{wheels_library.name}"
    assert digest(production.read(carried)) == digest(wheels_library.read_bytes())


def test_the_practice_image_carries_another(practice: Contents, wheels_library: Path) -> None:
    carried = f"{practice_image.NEONIZE[1:]}/{wheels_library.name}"
    assert digest(practice.read(carried)) != digest(wheels_library.read_bytes())


def test_no_image_trusts_a_ca_of_the_build_machine(
    production: Contents, practice: Contents, image_paths: Paths, prepared: Prepared
) -> None:
    """Every certificate is Debian's, or the sandbox's own in the practice image."""
    bundle = find_bundle(environment.current())
    assert bundle is not None, "Debian has one"
    debians = _contents(prepared, prepared.base).certificates()
    own = _split((image_paths.sandbox / "keys" / "ca.pem").read_bytes())
    foreign = _split(bundle.read_bytes()) - debians
    assert debians, "the worker needs the real world's CAs to reach WhatsApp"
    assert production.certificates() <= debians
    assert practice.certificates() - debians == own
    assert not foreign & (production.certificates() | practice.certificates())


@pytest.mark.parametrize("tool", BUILD_TOOLS)
def test_the_image_has_no_build_or_package_tools(production: Contents, tool: str) -> None:
    assert [name for name in production.members if name.endswith(f"bin/{tool}")] == []


def test_the_image_has_only_what_a_worker_may_carry(production: Contents) -> None:
    packages = {name.split("/")[1] for name in production.members if name.startswith("app/")}
    assert packages == {"worker", "shared"}
    inside = {name.removeprefix("app/") for name in production.members}
    assert inside.isdisjoint(worker_image.NOT_FOR_WORKERS)


def test_the_image_holds_no_library_of_the_platform(production: Contents) -> None:
    site = "opt/flowhq/lib/python3.13/site-packages/"
    packages = {
        n.removeprefix(site).split("/")[0] for n in production.members if n.startswith(site)
    }
    assert packages.isdisjoint({"docker", "litestar", "piccolo", "asyncpg", "pip", "requests"})


def test_code_and_packages_are_read_only(production: Contents) -> None:
    writable = [
        name
        for name, member in production.members.items()
        if name.startswith(("app/", "opt/flowhq/lib")) and member.isreg() and member.mode & 0o222
    ]
    assert writable == []


def test_nothing_in_the_image_raises_rights(production: Contents) -> None:
    assert [n for n, m in production.members.items() if m.isreg() and m.mode & 0o6000] == []


def test_the_volumes_place_belongs_to_the_worker(production: Contents) -> None:
    place = production.members["data"]
    assert (place.uid, place.gid, place.mode & 0o777) == (10001, 10001, 0o700)


def test_no_pip_cache_is_left(production: Contents) -> None:
    assert [name for name in production.members if "cache/pip" in name] == []


@pytest.mark.parametrize("kind", ["production", "worker"])
def test_the_image_runs_as_nobody_in_particular(prepared: Prepared, kind: str) -> None:
    image: Image = getattr(prepared, kind)
    with contextlib.closing(engine.connect(prepared.engine.address)) as client:
        config = client.inspect_image(image.tag)["Config"]
    assert config["User"].split(":")[0] == "10001"
    assert config["Entrypoint"] == ["python", "-m", "worker"]
    assert config["Labels"]["flowhq.managed"] == "1"
    assert config.get("Healthcheck") is None


def test_the_image_is_small(prepared: Prepared) -> None:
    assert prepared.production.size < LARGEST_IMAGE


def test_every_module_in_the_image_can_be_imported_there(prepared: Prepared) -> None:
    code = (
        "import importlib, pkgutil\n"
        "for top in ('worker', 'shared'):\n"
        "    path = importlib.import_module(top).__path__\n"
        "    for found in pkgutil.walk_packages(path, top + '.'):\n"
        "        if not found.name.endswith('__main__'): importlib.import_module(found.name)\n"
        "print('all', end='')"
    )
    with contextlib.closing(engine.connect(prepared.engine.address)) as client:
        container = client.create_container(
            prepared.production.tag,
            entrypoint=["python", "-c", code],
            labels=building.MANAGED,
            network_disabled=True,
            host_config=client.create_host_config(read_only=True, cap_drop=["ALL"]),
        )["Id"]
        try:
            client.start(container)
            client.wait(container, timeout=60)
            printed = client.logs(container).decode()
        finally:
            client.remove_container(container, force=True)
    assert printed == "all"


def test_a_second_preparation_makes_nothing(prepared: Prepared, image_paths: Paths) -> None:
    address, environ = prepared.engine.address, environment.current()
    base = base_image.ensure_base(image_paths, address)
    worker = worker_image.ensure_worker(image_paths, address, base=base, environ=environ)
    practice = practice_image.ensure_practice(image_paths, address, worker=worker, environ=environ)
    assert [base.made, worker.made, practice.made] == [False, False, False]
    assert [worker.id, practice.id] == [prepared.production.id, prepared.worker.id]
