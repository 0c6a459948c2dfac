"""What the library says about the link, to a machine at a moment of our choice."""

from datetime import UTC, datetime

from worker.whatsapp import events as whatsapp

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PHONE = "+255700000001"

LIBRARY_EVENTS = [
    whatsapp.QrCode("late"),
    whatsapp.QrRoundOver("timeout"),
    whatsapp.Paired("+255700000001"),
    whatsapp.Connected("+255700000001"),
    whatsapp.KeepAliveRestored(),
    whatsapp.Disconnected(),
    whatsapp.LoggedOut(on_connect=False, detail="LOGGED_OUT"),
    whatsapp.StreamReplaced(),
    whatsapp.RoundEnded(""),
    whatsapp.ConnectFailure("GENERIC", retried=False),
]
