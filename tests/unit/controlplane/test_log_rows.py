"""A line of a worker's log, as a person reads it; whatever it is."""

from hypothesis import given
from hypothesis import strategies as st

from controlplane.dashboard.log_rows import LogRow, read_row


def test_a_line_of_ours_is_time_event_and_values():
    line = (
        '{"event": "outbox.sent", "tenant_id": "x", "attempts": 2, "to": {"a": 1},'
        ' "level": "info", "at": "2026-11-23T08:00:01.123Z"}'
    )
    assert read_row(line) == LogRow(
        at="08:00:01", level="info", text='outbox.sent attempts=2 to={"a": 1}'
    )


def test_any_other_line_is_shown_as_it_is():
    assert read_row("panic: runtime error") == LogRow(text="panic: runtime error")
    assert read_row("[1, 2]").text == "[1, 2]"


def test_a_line_that_is_nested_without_end_is_shown_as_it_is():
    line = '{"event":' + "[" * 2000 + "]" * 2000 + "}"
    assert read_row(line).text.startswith('{"event":[[[')


@given(st.text())
def test_no_line_is_too_odd(line):
    assert len(read_row(line).text) <= 700


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.text())))
def test_no_object_is_too_odd(fields):
    import msgspec

    assert len(read_row(msgspec.json.encode(fields).decode()).text) <= 700
