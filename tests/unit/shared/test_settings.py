"""Settings: typed, complete, and nothing unknown."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from shared.errors import SettingsError
from shared.settings import read_settings


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    port: int = 8000
    ratio: float = 0.5
    verbose: bool = False
    interval: timedelta = timedelta(seconds=15)
    folder: Path = Path("/data")


def test_values_get_their_types() -> None:
    settings = read_settings(
        Shape,
        {
            "FLOWHQ_TOKEN": "t",
            "FLOWHQ_PORT": "9",
            "FLOWHQ_RATIO": "0.25",
            "FLOWHQ_VERBOSE": "true",
            "FLOWHQ_INTERVAL": "0.5",
            "FLOWHQ_FOLDER": "/srv",
        },
    )
    assert settings == Shape(
        token="t",
        port=9,
        ratio=0.25,
        verbose=True,
        interval=timedelta(milliseconds=500),
        folder=Path("/srv"),
    )


def test_what_is_not_given_has_its_default() -> None:
    assert read_settings(Shape, {"FLOWHQ_TOKEN": "t"}) == Shape(token="t")


def test_other_programs_variables_are_nobodys_business() -> None:
    assert read_settings(Shape, {"FLOWHQ_TOKEN": "t", "PATH": "/bin"}) == Shape(token="t")


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        pytest.param({"FLOWHQ_TOKEN": "t", "FLOWHQ_PROT": "1"}, "FLOWHQ_PROT", id="misspelt"),
        pytest.param({}, "FLOWHQ_TOKEN", id="missing"),
        pytest.param({"FLOWHQ_TOKEN": "t", "FLOWHQ_PORT": "x"}, "FLOWHQ_PORT", id="no integer"),
        pytest.param({"FLOWHQ_TOKEN": "t", "FLOWHQ_INTERVAL": "1m"}, "FLOWHQ_INTERVAL", id="unit"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read_settings(Shape, environ)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(Shape, {"FLOWHQ_PORT": "x", "FLOWHQ_NONSENSE": "1"})
    assert all(name in str(refused.value) for name in ("TOKEN", "PORT", "NONSENSE"))
