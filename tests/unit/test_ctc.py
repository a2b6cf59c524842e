import numpy as np
import pytest

from coronet.readers import ctc


def look(*steps: dict[str, float]) -> ctc.Look:
    """Each step's probabilities by character; what is left is that of none."""
    found = np.zeros((len(steps), 37))
    for step, given in enumerate(steps):
        for character, probability in given.items():
            found[step, 1 + ctc.ALPHABET.index(character)] = probability
    found[:, 0] = 1 - found.sum(axis=1)
    return found


def test_repetitions_count_once_unless_parted() -> None:
    text, peaks = ctc.greedy(look({"A": 0.7}, {"A": 0.9}, {}, {"A": 0.8}, {"1": 1.0}))
    assert text == "AA1"
    assert peaks.tolist() == [1, 3, 4]


def test_probabilities_add_up_all_the_ways_to_lay_a_text() -> None:
    seen = look({"A": 0.6, "B": 0.1}, {"A": 0.2, "B": 0.5})
    # A: AA, A-, -A; B: BB, B-, -B; nothing: --
    expected = [0.6 * 0.2 + 0.6 * 0.3 + 0.3 * 0.2, 0.1 * 0.5 + 0.1 * 0.3 + 0.3 * 0.5, 0.6 * 0.5, 0.1 * 0.2, 0.0]
    assert ctc.probabilities(seen, ["A", "B", "AB", "BA", "AA"]) == pytest.approx(expected)


def test_all_texts_together_are_certain() -> None:
    rng = np.random.default_rng(1)
    seen = np.zeros((4, 37))
    seen[:, :3] = rng.dirichlet(np.ones(3), 4)
    one = ["0", "1"]
    texts = one + [a + b for a in one for b in one]
    texts += [a + b + c for a in one for b in one for c in one] + ["0101", "1010"]
    nothing = seen[:, 0].prod()
    assert ctc.probabilities(seen, texts).sum() + nothing == pytest.approx(1)


def test_doubtful_characters_are_exchanged_or_left_out() -> None:
    seen = look({"8": 0.6, "B": 0.4}, {}, {"1": 0.5, "I": 0.1})
    assert ctc.likely(seen) == {"81", "B1", "8I", "BI", "8", "B"}
    assert ctc.likely(look({"8": 1.0})) == {"8"}
