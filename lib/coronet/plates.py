"""What a plate is."""

import re

MAX_LENGTH = 10
_NOT_PLATE = re.compile(r"[^A-Z0-9 -]+")


def clean(text: str) -> str:
    """`text` as a plate: upper case, `A-Z 0-9 -` and single inner spaces only; empty where that is no plate.

    Nothing is cut off: what is longer than MAX_LENGTH is a sentence, not a plate.
    """
    plate = " ".join(_NOT_PLATE.sub("", text.upper()).split()).strip(" -")
    return plate if len(plate) <= MAX_LENGTH and any(c.isalnum() for c in plate) else ""
