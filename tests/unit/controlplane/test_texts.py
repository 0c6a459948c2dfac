"""No word of the dashboard that is missing, and none that nobody says."""

import re
from pathlib import Path

import pytest

import controlplane
from controlplane import dashboard
from controlplane.dashboard.texts import TEXTS
from controlplane.dashboard.texts.audit import ACTIONS
from shared import web
from shared.enums import (
    Actor,
    CallerKind,
    DesiredState,
    Direction,
    IncidentKind,
    MessageKind,
    OperatorRole,
    SessionReason,
    SessionState,
    SetupStatus,
    SkipReason,
    TemplateType,
    TenantStatus,
    Weekday,
    WhenClosed,
    WorkerStatus,
)
from shared.structs.keys import MESSAGES_SCOPE, AdminScope
from shared.web.words import WORDS
from tests.fakes.words import Sources

HERE = Path(dashboard.__file__).parent
# Parts of the portal's own are in the house's templates, and are never shown here.
EVERYWHERE = Sources([HERE, Path(web.__file__).parent])


def test_every_word_that_a_page_says_is_known():
    assert Sources([HERE]).asked() - TEXTS.keys() == set()


def test_every_known_word_is_said():
    assert EVERYWHERE.unsaid(TEXTS.keys() - WORDS.keys()) == set()


def test_every_act_that_leaves_a_trace_has_words():
    services = Path(controlplane.__file__).parent / "services"
    traced = {
        name
        for file in services.glob("*.py")
        if "leave_trace(" in (text := file.read_text(encoding="utf-8"))
        for name in re.findall(r'"([a-z_]+\.[a-z_]+)"', text)
    }
    assert len(traced) > 20
    assert traced - ACTIONS.keys() == set()


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        *(("reason.", SessionReason), ("actor.", Actor), ("incident.", IncidentKind)),
        *(("status.", TenantStatus), ("session.", SessionState), ("worker.", WorkerStatus)),
        *(("desired.", DesiredState), ("requests.status_", SetupStatus), ("day.", Weekday)),
        *(("tenant.template_", TemplateType), ("config.closed_", WhenClosed)),
        *(("kind.", MessageKind), ("skipped.", SkipReason)),
        *(("messages.way_", Direction), ("audit.kind_", CallerKind)),
        *(("role.", OperatorRole), ("operators.role_", OperatorRole)),
        ("keys.scope_", [*AdminScope, MESSAGES_SCOPE]),
    ],
)
def test_every_value_that_a_row_may_hold_has_words(prefix, values):
    assert {f"{prefix}{value.lower()}" for value in values} - TEXTS.keys() == set()
