"""Connectionist temporal classification (Graves and others, ICML 2006) over a plate's characters.

A look is what the recognition model says of a line: an array (steps, 37), at each step along the line the probability
of no character and of each of ALPHABET; each step's sum is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_INDEX = {each: place for place, each in enumerate(ALPHABET, 1)}

Look = NDArray[np.float64]


def greedy(look: Look) -> tuple[str, NDArray[Any]]:
    """The best character at each step, repetitions once; and the steps (n) at which each of them is surest."""
    best = look.argmax(axis=1)
    text, peaks = "", []
    for run in np.split(np.arange(len(best)), np.nonzero(np.diff(best))[0] + 1):
        if best[run[0]]:
            text += ALPHABET[best[run[0]] - 1]
            peaks.append(int(run[look[run, best[run[0]]].argmax()]))
    return text, np.array(peaks, int)


def likely(look: Look, least: float = 0.03) -> set[str]:
    """What the look may say: its greedy text, and that with one or two doubtful characters exchanged or left out.

    A character is doubtful where another, or none, has a probability of at least `least`.
    """
    text, peaks = greedy(look)
    edits = []
    for place, peak in enumerate(peaks):
        for option in np.nonzero(look[peak] >= least)[0]:
            other = ALPHABET[option - 1] if option else ""
            if other != text[place]:
                edits.append((float(look[peak, option]), place, other))
    edits = sorted(edits, reverse=True)[:8]
    texts = {text}
    for first, (_, place, other) in enumerate(edits):
        once = [*text]
        once[place] = other
        texts.add("".join(once))
        for _, second, another in edits[first + 1 :]:
            if second != place:
                texts.add("".join([*once[:second], another, *once[second + 1 :]]))
    return texts


def probabilities(look: Look, texts: Sequence[str]) -> NDArray[np.float64]:
    """The probability (n) of each of `texts`, over all the ways to lay it along the steps: the forward algorithm."""
    longest = max(map(len, texts))
    labels = np.zeros((len(texts), 2 * longest + 1), int)
    for row, text in enumerate(texts):
        labels[row, 1 : 2 * len(text) : 2] = [_INDEX[each] for each in text]
    skips = np.zeros(labels.shape)
    skips[:, 3::2] = labels[:, 3::2] != labels[:, 1:-2:2]
    forward = np.zeros(labels.shape)
    forward[:, 0] = 1
    for emitted in look:
        moved = forward.copy()
        moved[:, 1:] += forward[:, :-1]
        moved[:, 2:] += forward[:, :-2] * skips[:, 2:]
        forward = moved * emitted[labels]
    ends = np.array([2 * len(text) for text in texts])
    rows = np.arange(len(texts))
    found: NDArray[np.float64] = forward[rows, ends] + np.where(ends > 0, forward[rows, ends - 1], 0)
    return found
