"""Which language to speak to whom. Pure."""

from shared.enums import Language

_NAMES = {"sw": Language.SW, "en": Language.EN}


def choose_language(cookie: str | None, accept: str | None) -> Language:
    """What was chosen, else what the browser likes best of what we speak, else English."""
    if cookie is not None and cookie in Language.__members__:
        return Language(cookie)
    wishes = [_to_wish(part) for part in (accept or "").split(",")]
    spoken = [(weight, _NAMES[name]) for weight, name in wishes if name in _NAMES and weight > 0]
    return max(spoken, key=lambda each: each[0])[1] if spoken else Language.EN


def _to_wish(part: str) -> tuple[float, str]:
    name, _, parameters = part.partition(";")
    weight = parameters.strip().removeprefix("q=")
    try:
        return (float(weight) if weight else 1.0), name.strip().lower().split("-")[0]
    except ValueError:
        return 0.0, ""
