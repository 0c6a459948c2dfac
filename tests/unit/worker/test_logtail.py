from worker.logtail import KEPT_LINES, MAX_LINE, MAX_TAKEN_BYTES, LogTail


def test_lines_are_taken_once_in_order():
    tail = LogTail()
    tail(None, "info", '{"n": 1}')
    tail(None, "info", '{"n": 2}')
    assert tail.take() == ['{"n": 1}', '{"n": 2}']
    assert tail.take() == []


def test_only_the_last_lines_are_kept():
    tail = LogTail()
    for number in range(KEPT_LINES + 5):
        tail(None, "info", str(number))
    assert tail.take()[0] == "5"


def test_no_frame_grows_beyond_its_limit():
    tail = LogTail()
    for _ in range(KEPT_LINES):
        tail(None, "info", "x" * MAX_LINE)
    assert sum(map(len, tail.take())) <= MAX_TAKEN_BYTES + MAX_LINE


def test_a_line_too_long_for_a_frame_stays_behind():
    tail = LogTail()
    assert tail(None, "info", "x" * (MAX_LINE + 1))
    assert tail.take() == []
