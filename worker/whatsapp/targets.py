"""Which message another one answers, reacts to, edits or deletes. Pure.

Field numbers are those of WhatsApp's `WAWebProtobufsE2E`.
"""

from worker.whatsapp.protobuf import Fields, Value, read, text

# No phone makes longer ids; a device that does names nothing.
_LONGEST_ID = 200
# Within a ContextInfo, and within a MessageKey.
_QUOTED, _KEYED = 1, 3
# Field of waE2E.Message → the way from it to an id.
_TARGETS: dict[int, tuple[int, ...]] = {
    12: (1, _KEYED),  # protocolMessage: an edit or a delete
    58: (1, 12, 1, _KEYED),  # editedMessage, around such a one
    46: (1, _KEYED),  # reactionMessage
    56: (1, _KEYED),  # encReactionMessage
    50: (1, _KEYED),  # pollUpdateMessage
    **dict.fromkeys((3, 4, 5, 6, 7, 8, 9, 13, 18, 26, 66), (17, _QUOTED)),
    **dict.fromkeys((49, 60, 64, 111, 119), (5, _QUOTED)),  # polls
    29: (3, _QUOTED),  # templateButtonReplyMessage
    39: (4, _QUOTED),  # listResponseMessage
    43: (3, _QUOTED),  # buttonsResponseMessage
    48: (15, _QUOTED),  # interactiveResponseMessage
    86: (11, _QUOTED),  # stickerPackMessage
}


def find_target(message: Fields) -> str | None:
    """The id that a waE2E.Message names, which nothing is wrapped around any more."""
    for field, way in _TARGETS.items():
        found = text(_follow(message.get(field), way))
        if 0 < len(found) <= _LONGEST_ID:
            return found
    return None


def _follow(value: Value | None, way: tuple[int, ...]) -> Value | None:
    for field in way:
        value = read(value).get(field)
    return value
