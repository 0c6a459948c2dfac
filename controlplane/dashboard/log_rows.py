"""A line of a worker's log, as a person reads it. Pure."""

import msgspec

# What stands elsewhere in the row, or on the page.
_KNOWN = {"at", "level", "event", "tenant_id"}
_LONGEST = 600


class LogRow(msgspec.Struct, frozen=True, kw_only=True):
    """at: the time of day, where the line says one. text: event and values, or the whole line."""

    text: str
    at: str = ""
    level: str = ""


def read_row(line: str) -> LogRow:
    """Lines that are none of ours, a library's say, are shown as they are."""
    try:
        fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return LogRow(text=_cut(line))
    values = [f"{name}={_say(raw)}" for name, raw in fields.items() if name not in _KNOWN]
    event = _say(fields["event"]) if "event" in fields else ""
    at = _say(fields["at"]) if "at" in fields else ""
    return LogRow(
        text=_cut(" ".join(filter(None, (event, *values)))),
        at=at[11:19] if len(at) >= 19 else "",
        level=_say(fields["level"]) if "level" in fields else "",
    )


def _say(raw: msgspec.Raw) -> str:
    text = bytes(raw).decode()
    return msgspec.json.decode(raw, type=str) if text.startswith('"') else text


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
