"""Photographs that the tests draw themselves."""

import io
from typing import Any

from PIL import Image, ImageDraw, ImageFont

Words = tuple[tuple[str, tuple[float, float], int], ...]
"""Texts, each with its place (fractions) and its height in pixels."""
CAR = "#27364d"


def plate(text: str, *, height: int = 90, ink: str = "#111", ground: str = "#f4f4f0") -> Image.Image:
    """A plate with `text` (lines apart by a line end), `height` pixels a line, with an edge around it."""
    lines = text.split("\n")
    font = ImageFont.load_default(int(height * 0.78))
    width = int(max(font.getlength(line) for line in lines) + height * 0.6)
    image = Image.new("RGB", (width, height * len(lines)), ground)
    draw = ImageDraw.Draw(image)
    draw.rectangle((1, 1, image.width - 2, image.height - 2), outline=ink, width=max(1, height // 30))
    for row, line in enumerate(lines):
        draw.text((width / 2, height * (row + 0.5)), line, ink, font, anchor="mm", stroke_width=height // 60)
    return image


def street(size: tuple[int, int] = (1280, 960), paint: str = CAR) -> Image.Image:
    """A car's back, painted so, before a bright sky and a grey road; no text."""
    width, height = size
    image = Image.new("RGB", size, "#9db4c8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 0.6, width, height), fill="#6d6d6a")
    draw.rounded_rectangle((width * 0.2, height * 0.25, width * 0.8, height * 0.8), height // 20, fill=paint)
    draw.rounded_rectangle((width * 0.28, height * 0.29, width * 0.72, height * 0.45), height // 30, fill="#0e141c")
    for left in (0.22, 0.72):
        draw.rectangle((width * left, height * 0.5, width * (left + 0.06), height * 0.56), fill="#a02020")
    return image


def with_words(words: Words, size: tuple[int, int] = (1280, 960), paint: str = CAR) -> Image.Image:
    """A street with `words` written over it."""
    image = street(size, paint)
    draw = ImageDraw.Draw(image)
    for word, (x, y), pixels in words:
        draw.text((size[0] * x, size[1] * y), word, "#ffe9a0", ImageFont.load_default(pixels), anchor="mm")
    return image


def with_plate(
    text: str,
    *,
    size: tuple[int, int] = (1280, 960),
    height: int = 70,
    at: tuple[float, float] = (0.5, 0.64),
    turn: float = 0,
    words: Words = (),
    paint: str = CAR,
) -> Image.Image:
    """A street with a car painted so, a plate centred `at` (fractions), turned by degrees, and other `words`."""
    image = with_words(words, size, paint)
    drawn = plate(text, height=height).convert("RGBA").rotate(turn, Image.Resampling.BICUBIC, expand=True)
    image.paste(drawn, (int(size[0] * at[0]) - drawn.width // 2, int(size[1] * at[1]) - drawn.height // 2), drawn)
    return image


def vehicle(plate: str = "1234BCD", size: tuple[int, int] = (960, 720)) -> Image.Image:
    """A vehicle with an ordinary plate."""
    return with_plate(plate, size=size)


def encoded(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    """`image` as the bytes of a file."""
    data = io.BytesIO()
    image.save(data, format, **options)
    return data.getvalue()


def photograph(plate: str = "1234BCD", format: str = "JPEG", **options: Any) -> bytes:
    """A photograph of a vehicle as somebody would upload it."""
    return encoded(vehicle(plate), format, **options)
