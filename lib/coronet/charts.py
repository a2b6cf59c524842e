"""Column charts as geometry, in per cent of the picture, for the SVG that a template draws."""

from collections.abc import Sequence
from dataclasses import dataclass

from coronet.summary import Counts

_TOP, _BOTTOM = 6.0, 86.0  # below the bottom are the labels
_GAP = 0.25  # of a column's place
_MOST_LABELS = 8
_MOST_STEPS = 4


@dataclass(frozen=True, slots=True)
class Column:
    """One column with its label, which is only drawn where it `is_labelled`."""

    label: str
    value: int
    x: float
    y: float
    width: float
    height: float
    is_labelled: bool

    @property
    def middle(self) -> float:
        """The middle of the column, where its label stands."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns, and the lines behind them as pairs of value and y."""

    columns: Sequence[Column]
    lines: Sequence[tuple[int, float]]


def chart(counts: Counts) -> Chart:
    """The chart of `counts`, from left to right."""
    step = _step(max((value for _, value in counts), default=0))
    top = step * max(1, -(-max((value for _, value in counts), default=0) // step))
    place = 100 / max(1, len(counts))
    every = -(-len(counts) // _MOST_LABELS)
    columns = [
        Column(
            label=label,
            value=value,
            x=round(place * (position + _GAP / 2), 2),
            y=_height_of(value, top),
            width=round(place * (1 - _GAP), 2),
            height=round(_BOTTOM - _height_of(value, top), 2),
            is_labelled=position % every == 0,
        )
        for position, (label, value) in enumerate(counts)
    ]
    return Chart(columns, [(value, _height_of(value, top)) for value in range(0, top + 1, step)])


def _height_of(value: int, top: int) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * value / top, 2)


def _step(highest: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, … of which _MOST_STEPS reach `highest`."""
    unit = 1
    while True:
        for step in (unit, 2 * unit, 5 * unit):
            if step * _MOST_STEPS >= highest:
                return step
        unit *= 10
