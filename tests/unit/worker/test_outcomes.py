import pytest

from worker.whatsapp.outcomes import (
    NoAccountError,
    NotSentError,
    SendLimitedError,
    SendOutcome,
    SendRefusedError,
    SendUncertainError,
    classify_send_error,
    to_error,
)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("websocket not connected", SendOutcome.NOT_SENT),
        ("failed to get device list: info query timed out", SendOutcome.NOT_SENT),
        ("no LID found for 255@s.whatsapp.net from server", SendOutcome.NOT_SENT),
        ("server returned error 479", SendOutcome.REFUSED),
        ("server returned error 463", SendOutcome.LIMITED),
        ("timed out waiting for message send response", SendOutcome.UNCERTAIN),
        ("websocket disconnected before message send returned response", SendOutcome.UNCERTAIN),
        ("something nobody has seen before", SendOutcome.UNCERTAIN),
    ],
)
def test_only_what_surely_did_not_leave_may_be_sent_again(error, outcome):
    assert classify_send_error(error) is outcome


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("websocket not connected", NotSentError),
        ("server returned error 400", SendRefusedError),
        ("server returned error 463", SendLimitedError),
        ("no LID found for 255@s.whatsapp.net from server", NoAccountError),
        ("???", SendUncertainError),
    ],
)
def test_the_class_of_the_error_is_the_policy(error, kind):
    assert isinstance(to_error(error), kind)
