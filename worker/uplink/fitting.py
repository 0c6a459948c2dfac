"""Frames as every gateway takes them: what is out of bounds is cut before it is sent."""

from datetime import datetime

import msgspec
import structlog

from shared.wire.fitting import Fitting, UnfitError, list_structs
from shared.wire.frames import (
    Events,
    FromWorker,
    SessionReport,
    decode_from_worker,
    encode,
    find_fault,
)

log = structlog.get_logger(__name__)

_KINDS = list_structs(FromWorker)


def encode_fitting(frame: FromWorker, *, now: datetime) -> bytes | None:
    """None when nothing of it can be told. Events were bounded when they were written down."""
    data = encode(frame)
    if isinstance(frame, Events) or _is_fit(data):
        return data
    kind = str(frame.__struct_config__.tag)
    fitting = Fitting(data, now)
    try:
        # The types are the union's own.
        made: FromWorker = fitting.fit(_KINDS[kind])  # type: ignore[assignment]
    except UnfitError as error:
        log.error("frame.unsent", kind=kind, problem=str(error))  # noqa: TRY400  no traceback needed
        return None
    if isinstance(made, SessionReport):
        made = _without_half_a_code(made)
    log.warning("frame.mended", kind=kind, notes=fitting.notes)
    return encode(made)


def _without_half_a_code(report: SessionReport) -> SessionReport:
    """Where one of the three was left out, the others are of no use."""
    code, phone, end = report.pairing_code, report.pairing_phone, report.pairing_expires_at
    if code is None or phone is None or end is None:
        code = phone = end = None
    return msgspec.structs.replace(
        report, pairing_code=code, pairing_phone=phone, pairing_expires_at=end
    )


def _is_fit(data: bytes) -> bool:
    try:
        frame = decode_from_worker(data)
    except msgspec.DecodeError:
        return False
    return not isinstance(frame, SessionReport) or find_fault(frame) is None
