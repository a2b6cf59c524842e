import numpy as np
import pytest
from PIL import Image, ImageDraw

from coronet.readers.geometry import grown, least_rectangle, sides, straightened
from coronet.readers.textfinder import components


def test_components_touch_at_corners_and_have_their_mean() -> None:
    values = np.zeros((6, 8), np.float32)
    values[0, 0:2] = 0.8
    values[1, 2] = 0.5  # touches by a corner
    values[4:6, 5:8] = 0.9
    values[4, 6] = 0.0  # a hole
    found = sorted(components(values, 0.3), key=lambda each: each[1])
    assert [round(mean, 3) for _, mean in found] == [0.7, 0.9]
    points, _ = found[0]
    assert (points.min(axis=0).tolist(), points.max(axis=0).tolist()) == ([0, 0], [3, 2])


def test_a_ring_that_closes_late_is_one_component() -> None:
    values = np.zeros((5, 9), np.float32)
    values[0:5, [0, 4, 8]] = 1
    values[4, :] = 1
    assert len(components(values, 0.5)) == 1


def test_nothing_has_no_components() -> None:
    assert components(np.zeros((4, 4), np.float32), 0.3) == []


@pytest.mark.parametrize("degrees", [-30, -7, 0, 12, 40])
def test_the_least_rectangle_of_a_turned_one_is_that_one(degrees: int) -> None:
    turn = np.radians(degrees)
    spin = np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    corners = np.array([(0, 0), (100, 0), (100, 20), (0, 20)]) @ spin + (200, 300)
    quad = least_rectangle(np.concatenate([corners, corners * 0.5 + corners.mean(axis=0) * 0.5]))
    assert quad == pytest.approx(corners, abs=1e-6)
    assert sides(quad) == pytest.approx((100, 20))
    assert sides(grown(quad, 5, 2)) == pytest.approx((110, 24))


def test_straightened_is_upright_and_shrinks_without_skipping() -> None:
    image = Image.new("RGB", (900, 900), "black")
    ImageDraw.Draw(image).polygon([(300, 100), (700, 500), (600, 600), (200, 200)], "white")
    for x in range(900):  # every other column dark: shrunk, it is grey, never all of one
        if x % 2:
            image.paste("black", (x, 0, x + 1, 900))
    cut = straightened(image, np.array([(300, 100), (700, 500), (600, 600), (200, 200)], float), (80, 20))
    inner = np.asarray(cut.convert("L"), float)[3:-3, 3:-3]
    assert inner.mean() == pytest.approx(127, abs=12)
    assert inner.std() < 40
