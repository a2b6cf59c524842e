"""What a plate is."""

import re

MAX_LENGTH = 10
CERTAIN = 0.9
"""A reading whose confidence is below this is to be looked at by a person."""

_OTHER = re.compile(r"[^A-Za-z0-9-]+")


def clean(text: str) -> str:
    """`text` as a plate: upper case, `A-Z 0-9 -` only; empty where that leaves no plate.

    Nothing is cut off: what is longer than MAX_LENGTH is a sentence, not a plate.
    """
    plate = _OTHER.sub("", text).upper().strip("-")
    return plate if len(plate) <= MAX_LENGTH else ""
