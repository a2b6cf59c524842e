"""A photograph from bytes that anybody may have sent: checked, turned upright, stripped, at several sizes."""

import io
from functools import lru_cache

from PIL import Image, ImageOps, UnidentifiedImageError

from coronet.errors import InvalidInput
from coronet.model import Corners

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
STORED_SIDE = 1920
THUMBNAIL_SIDE = 320
PLATE_WIDTH = 240


class Photo:
    """An accepted photograph: `image` is RGB, upright, at full resolution, without metadata."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.size

    def scaled(self, longest: int) -> Image.Image:
        """The photograph with its longer side at most `longest` pixels; never enlarged."""
        image = self.image
        if max(image.size) > longest:
            image = ImageOps.contain(
                image,
                (longest, longest),
                Image.Resampling.LANCZOS,
            )
        return image

    def jpeg(self, longest: int = STORED_SIDE, quality: int = 85) -> bytes:
        """The photograph as JPEG, its longer side at most `longest` pixels."""
        return _encoded(self.scaled(longest), "JPEG", quality=quality)

    def thumbnail(self) -> bytes:
        """The photograph as a small WebP for the register's table."""
        return _encoded(self.scaled(THUMBNAIL_SIDE), "WEBP", quality=70, method=2)

    def plate(self, corners: Corners) -> bytes:
        """The plate inside `corners`, straightened, with a little of what surrounds it, as a small WebP."""
        raise NotImplementedError
