"""What an installation is made of, and what is known of it."""

import io
import json
import tarfile

import pytest
from cyclonedx.model.component import Component

from tests.fakes.scripts import load_script

advisories, bill = load_script("advisories"), load_script("bill_of_materials")
FINE = {"name": "msgspec", "version": "0.22.0", "vulns": []}
BAD = {"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
SKIPPED = {"name": "y", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([FINE], 0, "1 packages, none known"),
        ([FINE, BAD], 1, "x 1: PYSEC-1, mended in 2"),
        ([FINE, SKIPPED], 2, "NOT AUDITED. 1 of 2 packages got no answer"),
        ([SKIPPED, BAD], 1, "PYSEC-1"),
    ],
    ids=["fine", "vulnerable", "no answer", "vulnerable beside no answer"],
)
def test_what_got_no_answer_is_not_called_safe(packages, code, said, capsys) -> None:
    assert advisories.judge("platform", packages) == code
    seen = capsys.readouterr()
    assert said in seen.out + seen.err


def archive(files: dict[str, str]) -> tarfile.TarFile:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            made.addfile(member, io.BytesIO(text.encode()))
    buffer.seek(0)
    return tarfile.open(fileobj=buffer)


def test_packages_are_named_by_what_is_installed() -> None:
    dpkg = (
        "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.41-12\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n"
    )
    python = {
        "lib/Some_Thing-1.dist-info/METADATA": "Name: Some_Thing\nVersion: 1.0\n\nName: x",
        "site-packages/other/METADATA.txt": "Name: no\nVersion: 1",
    }
    parts = [*bill.read_debian(archive({"status": dpkg})), *bill.read_python(archive(python))]
    assert [str(part.purl) for part in parts] == [
        "pkg:deb/debian/libc6@2.41-12?arch=amd64",
        "pkg:pypi/some-thing@1.0",
    ]


def test_the_environments_bill_names_what_runs_here(tmp_path) -> None:
    path = tmp_path / "bill.json"
    bill.write(path, bill.describe_environment())
    read = json.loads(path.read_text(encoding="utf-8"))
    assert (read["bomFormat"], read["specVersion"]) == ("CycloneDX", "1.6")
    names = {each["name"] for each in read["components"]}
    assert {"msgspec", "litestar"} <= names
    assert read["metadata"]["component"]["name"] == "flowhq"


def test_the_same_package_is_named_once() -> None:
    twice = [bill.python_package("a", "1"), bill.python_package("a", "1")]
    made = bill.make_bom(Component(name="whole"), twice)
    assert len(made.components) == 1
