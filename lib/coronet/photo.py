"""A photograph from bytes that anybody may have sent: checked, turned upright, stripped, at several sizes."""

import io
import warnings
from typing import Any

from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

from coronet.errors import InvalidInput
from coronet.model import MAX_PHOTO_BYTES, Corners

MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
STORED_SIDE = 1920
THUMBNAIL_SIDE = 320
PLATE_WIDTH = 240
_PLATE_MARGIN = 0.08

register_heif_opener(thumbnails=False)
Image.MAX_IMAGE_PIXELS = None  # open_photo has the limit, with its own message


class Photo:
    """An accepted photograph: `image` is RGB, upright, at full resolution, without metadata."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.size

    def jpeg(self, longest: int = STORED_SIDE, quality: int = 85) -> bytes:
        """The photograph as JPEG, its longer side at most `longest` pixels."""
        return _encoded(self._scaled(longest), "JPEG", quality=quality)

    def thumbnail(self) -> bytes:
        """The photograph as a small WebP for the register's table."""
        return _encoded(self._scaled(THUMBNAIL_SIDE), "WEBP", quality=70, method=2)

    def plate(self, corners: Corners) -> bytes:
        """What is inside `corners`, straightened, with a little of its surroundings, as a WebP PLATE_WIDTH wide."""
        width, height = self.image.size
        points = [(x * width, y * height) for x, y in corners]
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = points
        across = max(1.0, ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5)
        down = max(1.0, ((dx - ax) ** 2 + (dy - ay) ** 2) ** 0.5)
        middle = ((ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4)
        grow = 1 + 2 * _PLATE_MARGIN
        quad = [
            middle[axis] + (points[corner][axis] - middle[axis]) * grow for corner in (0, 3, 2, 1) for axis in (0, 1)
        ]
        size = (PLATE_WIDTH, max(1, min(PLATE_WIDTH, round(PLATE_WIDTH * down / across))))
        cut = self.image.transform(size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)
        return _encoded(cut, "WEBP", quality=80, method=2)

    def _scaled(self, longest: int) -> Image.Image:
        width, height = self.image.size
        scale = longest / max(width, height)
        if scale >= 1:
            return self.image
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        return self.image.resize(size, Image.Resampling.LANCZOS)


def open_photo(data: bytes) -> Photo:
    """The photograph in `data`: a whole JPEG, PNG, WebP or HEIC of at most MAX_PHOTO_BYTES and MAX_PIXELS.

    Raises InvalidInput with a key that says which of these it is not.
    """
    if not data:
        raise _refusal("empty")
    if len(data) > MAX_PHOTO_BYTES:
        raise _refusal("too_large", megabytes=MAX_PHOTO_BYTES >> 20)
    try:
        with warnings.catch_warnings(action="ignore"):
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Exception as error:  # decoders raise whatever they like at hostile bytes
        raise _refusal("unknown") from error
    with image:
        if image.width * image.height > MAX_PIXELS:
            raise _refusal("too_many_pixels", megapixels=MAX_PIXELS // 10**6)
        try:
            return Photo(_upright_rgb(image))
        except Exception as error:
            raise _refusal("broken") from error


def _refusal(reason: str, **values: int) -> InvalidInput:
    return InvalidInput(f"photograph refused: {reason}", key=f"error.photo.{reason}", field="image", **values)


def _upright_rgb(image: Image.Image) -> Image.Image:
    ImageOps.exif_transpose(image, in_place=True)  # no copies: each is 4 bytes a pixel
    if image.has_transparency_data:
        see_through = image if image.mode == "RGBA" else image.convert("RGBA")
        upright = Image.new("RGB", image.size, "white")
        upright.paste(see_through, mask=see_through)
    else:
        upright = image.convert("RGB")
    upright.info = {}  # comments, XMP and colour profiles would be written into what is stored
    return upright


def _encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, format, **options)
    return data.getvalue()
