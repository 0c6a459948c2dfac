"""What is in the worker's image and in the virtual environment, as CycloneDX 1.6 (JSON).

    ./scripts/sbom [--image flowhq-worker:TAG] [--out DIR]

Python packages are those whose metadata is there, Debian's those that dpkg knows. The Go modules
inside of neonize's library are in no such list, nor is a Python that was not packaged by Debian:
of python:*-slim it is named by the image's own PYTHON_VERSION.
"""

import argparse
import contextlib
import io
import sys
import tarfile
from collections.abc import Iterable, Iterator
from email.parser import HeaderParser
from importlib.metadata import distributions
from pathlib import Path

import requests
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from docker.api.client import APIClient
from docker.errors import DockerException
from packageurl import PackageURL

from launcher import engine, environment
from launcher.paths import ROOT
from launcher.practice_image import NEONIZE

REPOSITORY = "flowhq-worker"
SITE_PACKAGES = str(Path(NEONIZE).parent)
DPKG = "/var/lib/dpkg/status"
DEFAULT_OUT = ROOT / ".flowhq/sbom"


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    write(options.out / "environment.cdx.json", describe_environment())
    address = engine.address_of(environment.current())
    try:
        with contextlib.closing(engine.connect(address)) as client:
            image = options.image or find_image(client)
            write(options.out / "worker.cdx.json", describe_image(client, image))
    except (DockerException, requests.RequestException, LookupError) as error:
        print(f"The worker's image is not described: {error}", file=sys.stderr)
        return 1
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/sbom", description=__doc__)
    parser.add_argument("--image", metavar="NAME", help="default: the newest worker's image here")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, metavar="DIR")
    return parser.parse_args(arguments)


def describe_environment() -> Bom:
    whole = Component(name="flowhq", type=ComponentType.APPLICATION, bom_ref="flowhq")
    parts = [python_package(found.metadata["Name"], found.version) for found in distributions()]
    return make_bom(whole, parts)


def describe_image(client: APIClient, name: str) -> Bom:
    """Raises DockerException, and LookupError where it has neither kind of package."""
    seen = client.inspect_image(name)
    digest = str(seen["Id"]).removeprefix("sha256:")
    whole = Component(
        name=name,
        type=ComponentType.CONTAINER,
        bom_ref=name,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        properties=[Property(name="flowhq:created", value=str(seen["Created"]))],
    )
    variables = dict(each.split("=", 1) for each in seen["Config"]["Env"] or [])
    container = client.create_container(name)["Id"]
    try:
        parts = [
            *read_python(read_archive(client, container, SITE_PACKAGES)),
            *read_debian(read_archive(client, container, DPKG)),
        ]
    finally:
        client.remove_container(container, force=True)
    if "PYTHON_VERSION" in variables:
        version = variables["PYTHON_VERSION"]
        parts.append(Component(name="python", version=version, type=ComponentType.PLATFORM))
    if not parts:
        raise LookupError(f"{name} has neither {SITE_PACKAGES} nor {DPKG}")
    return make_bom(whole, parts)


def find_image(client: APIClient) -> str:
    """The newest one's name. Raises LookupError."""
    found = client.images(name=REPOSITORY)
    if not found:
        raise LookupError(f"there is no {REPOSITORY} here: ./scripts/up makes it")
    newest = max(found, key=lambda each: each["Created"])
    return str(newest["RepoTags"][0])


def read_archive(client: APIClient, container: str, path: str) -> tarfile.TarFile:
    stream, _ = client.get_archive(container, path)
    return tarfile.open(fileobj=io.BytesIO(b"".join(stream)))


def read_python(archive: tarfile.TarFile) -> Iterator[Component]:
    for text in texts(archive, ".dist-info/METADATA"):
        headers = HeaderParser().parsestr(text)
        yield python_package(headers["Name"], headers["Version"])


def read_debian(archive: tarfile.TarFile) -> Iterator[Component]:
    for text in texts(archive, "status"):
        for paragraph in text.split("\n\n"):
            headers = HeaderParser().parsestr(paragraph)
            if headers["Package"] and headers["Status"] == "install ok installed":
                yield debian_package(
                    headers["Package"], headers["Version"], headers["Architecture"]
                )


def texts(archive: tarfile.TarFile, ending: str) -> Iterator[str]:
    for member in archive.getmembers():
        file = archive.extractfile(member) if member.name.endswith(ending) else None
        if file is not None:
            yield file.read().decode(errors="replace")


def python_package(name: str, version: str) -> Component:
    url = PackageURL(type="pypi", name=name.lower().replace("_", "-"), version=version)
    return Component(name=name, version=version, purl=url, bom_ref=str(url))


def debian_package(name: str, version: str, architecture: str) -> Component:
    url = PackageURL(
        type="deb",
        namespace="debian",
        name=name,
        version=version,
        qualifiers={"arch": architecture},
    )
    return Component(name=name, version=version, purl=url, bom_ref=str(url))


def make_bom(whole: Component, parts: Iterable[Component]) -> Bom:
    unique = {part.bom_ref.value or part.name: part for part in parts}
    bom = Bom(components=unique.values())
    bom.metadata.component = whole
    bom.register_dependency(whole, unique.values())
    return bom


def write(path: Path, bom: Bom) -> None:
    path.write_text(JsonV1Dot6(bom).output_as_string(indent=1) + "\n", encoding="utf-8")
    print(f"{path}: {len(bom.components)} packages")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
