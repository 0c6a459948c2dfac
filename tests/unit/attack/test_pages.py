"""What runs on a page, and what computes in a table, is found; what does neither is not."""

import pytest

from attack.customers.pages import find_formulas, find_running
from attack.customers.texts import IMAGE, MARK, SCRIPT, TEXTS, to_files


@pytest.mark.parametrize(
    "page",
    [
        f"<p>{SCRIPT}</p>",
        f"<p>{IMAGE}</p>",
        f"<a href=\"javascript:alert('{MARK}')\">x</a>",
        f'<input value="" onfocus="{MARK}">',
        f"<script>let seen = '{MARK}'</script>",
    ],
)
def test_what_runs_is_found(page):
    assert find_running(page)


@pytest.mark.parametrize(
    "page",
    [
        f"<p>&lt;script&gt;alert('{MARK}')&lt;/script&gt;</p>",
        f'<input value="&quot;&gt;{MARK}">',
        f'<a href="/messages?q={MARK}">x</a>',
        f"<script src='/static/live.js'></script><p>{MARK}</p>",
    ],
)
def test_what_is_only_shown_is_not(page):
    assert find_running(page) == []


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(1)", "-x", "\t=1", "a;=1+1", "a\t=1+1", '"=1+1"'])
def test_a_formula_is_found_whichever_sign_a_spreadsheet_splits_at(cell):
    assert find_formulas(f"one,two\n{cell},x\n")


@pytest.mark.parametrize("cell", ["+255754000001", "'=1+1", "Habari", "2026-11-30 09:00", "x=1"])
def test_a_number_and_plain_words_are_none(cell):
    assert find_formulas(f"one,two\n{cell},x\n") == []


def test_texts_are_no_longer_than_a_customer_may_write():
    for name, text in TEXTS.items():
        assert len(text.encode()) <= 65536, name
    assert len(to_files()) >= 6
