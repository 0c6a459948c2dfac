"""Our binding of the client library against the wrapper's own, function by function."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from worker.whatsapp import library as library_module
from worker.whatsapp.library import Library, LibraryUnusableError, find_library

ROOT = Path(__file__).resolve().parents[3]
FUNCTIONS = [
    "Neonize", "Stop", "Disconnect", "GetPNFromLID", "GetLIDFromPN", "SendMessage", "GetMe",
    "IsOnWhatsApp", "DownloadMediaWithPath", "Upload", "FreeString", "FreeBytesStruct",
]  # fmt: skip
# In a process of its own: importing neonize starts threads and processes.
PROGRAM = f"""
import ctypes, json, sys

def kind(type_):
    if type_ is None:
        return "nothing"
    if issubclass(type_, (ctypes.c_int, ctypes.c_bool)):
        return type_.__name__
    return "pointer"

def signature(function):
    return [[kind(t) for t in function.argtypes or ()], kind(function.restype)]

def callback(type_):
    return [[kind(t) for t in type_._argtypes_], kind(type_._restype_)]

if sys.argv[1] == "ours":
    from worker.whatsapp import library
    go = library.Library(library.find_library())._go
    kinds = [library.QrCallback, library.EventCallback, library.LogCallback]
    version = library.VERSION
else:
    from neonize import _binder as binder
    from neonize.download import __GONEONIZE_VERSION__ as version
    go = binder.gocode
    kinds = [binder.func_string, binder.func_callback_bytes, binder.func_callback_bytes2]
signatures = {{name: signature(getattr(go, name)) for name in {FUNCTIONS!r}}}
print(json.dumps([signatures, [callback(k) for k in kinds], version]))
"""


def described(whose):
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", PROGRAM, whose],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def both():
    return described("ours"), described("theirs")


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"IsOnWhatsApp"}))
def test_each_function_takes_what_the_wrapper_gives_it(both, name):
    (ours, _, _), (theirs, _, _) = both
    assert ours[name][0] == theirs[name][0]


def test_the_question_for_an_account_takes_the_length_the_wrapper_forgets_to_declare(both):
    (ours, _, _), (theirs, _, _) = both
    assert ours["IsOnWhatsApp"][0] == [*theirs["IsOnWhatsApp"][0], "c_int"]


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"Disconnect"}))
def test_each_function_returns_what_the_wrapper_expects(both, name):
    # Disconnect returns nothing; the wrapper leaves ctypes' default in place.
    (ours, _, _), (theirs, _, _) = both
    assert ours[name][1] == theirs[name][1]


def test_callbacks_and_version_are_the_wrappers(both):
    ours, theirs = both
    assert ours[1:] == theirs[1:]


def test_another_version_is_refused(monkeypatch):
    monkeypatch.setattr(library_module, "VERSION", "0.0.1")
    with pytest.raises(LibraryUnusableError, match=r"is 0\.5\.2, not 0\.0\.1"):
        Library(find_library())


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setattr(library_module, "find_spec", lambda _: None)
    with pytest.raises(LibraryUnusableError, match="not installed"):
        find_library()


def test_a_missing_library_is_said_and_never_downloaded(monkeypatch, tmp_path):
    (tmp_path / "neonize").mkdir()
    (tmp_path / "neonize" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LibraryUnusableError, match=r"\.so is not in"):
        find_library()
    assert not list(tmp_path.rglob("*.so"))
