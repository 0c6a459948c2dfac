"""Why an attack could not be made, which is no verdict on the fence."""


class NotTriedError(Exception):
    """The text says why, for a person."""
