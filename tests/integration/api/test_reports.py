"""Whatever a worker may report of its link, the tenant's pages and answers are there."""

from datetime import UTC, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.bounds import EARLIEST, LATEST, MAX_INTEGER
from shared.enums import SessionReason, SessionState
from shared.stores import sessions
from shared.wire.frames import SessionReport, find_fault
from tests.fakes.businesses import NOW

INSTANTS = st.datetimes(
    EARLIEST.replace(tzinfo=None),
    LATEST.replace(tzinfo=None) - timedelta(days=1),
    timezones=st.just(UTC),
)
REPORTS = st.builds(
    SessionReport,
    state=st.sampled_from(SessionState),
    reason=st.sampled_from(SessionReason),
    detail=st.text(max_size=9),
    **{
        name: st.none() | of
        for name, of in {
            "own_phone": st.text(max_size=9),
            "qr": st.text(max_size=9),
            "qr_expires_at": INSTANTS,
            "qr_attempt": st.integers(0, MAX_INTEGER),
            "qr_attempts": st.integers(0, MAX_INTEGER),
            "pairing_code": st.text(max_size=9),
            "pairing_phone": st.text(max_size=9),
            "pairing_expires_at": INSTANTS,
            "ban_ends_at": INSTANTS,
        }.items()
    },
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(report=REPORTS.filter(lambda report: find_fault(report) is None))
async def test_whatever_a_worker_may_report_is_shown(api, tenant_id, report):
    await sessions.record_session(tenant_id, report, NOW)
    for path in ("", "/qr", "/limits"):
        answer = await api.client.get(f"/admin/tenants/{tenant_id}{path}")
        assert answer.status_code == 200
