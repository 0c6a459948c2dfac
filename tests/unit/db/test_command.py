"""`python -m shared.db`, as far as it goes without a database."""

import pytest

from shared.db.__main__ import main


@pytest.mark.parametrize("arguments", [[], ["rollback"], ["migrate", "now"]])
def test_anything_but_migrate_is_a_usage_error(arguments, capsys):
    assert main(arguments) == 2
    assert "usage" in capsys.readouterr().err


def test_without_an_address_it_says_which_variable_is_missing(monkeypatch, capsys):
    monkeypatch.delenv("FLOWHQ_DATABASE_URL", raising=False)
    assert main(["migrate"]) == 2
    assert "FLOWHQ_DATABASE_URL" in capsys.readouterr().err
