"""Photographs are accepted by content, turned upright, stripped and made small."""

import io

import pytest
from PIL import Image, PngImagePlugin
from pillow_heif import from_pillow

from coronet.errors import InvalidInput
from coronet.photo import open_photo
from drawing import encoded, photograph, vehicle


def heic(image: Image.Image) -> bytes:
    data = io.BytesIO()
    from_pillow(image).save(data, quality=60)
    return data.getvalue()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_formats(format: str) -> None:
    assert open_photo(photograph(format=format)).size == (960, 720)


def test_heic() -> None:
    assert open_photo(heic(vehicle())).size == (960, 720)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK", "1", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    image = Image.new("I;16", (64, 48), 40000) if mode == "I;16" else vehicle(size=(64, 48)).convert(mode)
    format = "JPEG" if mode == "CMYK" else "PNG"
    assert open_photo(encoded(image, format)).image.mode == "RGB"


def test_transparency_is_white() -> None:
    assert open_photo(encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG")).image.getpixel((4, 4)) == (255, 255, 255)


# How to spoil an upright picture so that the EXIF orientation mends it (EXIF 2.32, tag 0x0112).
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    upright = Image.new("RGB", (40, 20), "white")
    upright.paste("red", (0, 0, 10, 10))
    as_taken = upright if orientation == 1 else upright.transpose(TURNS[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = open_photo(encoded(as_taken, "PNG", exif=exif))
    assert photo.size == (40, 20)
    assert photo.image.getpixel((3, 3)) == (255, 0, 0)
    assert photo.image.getpixel((30, 15)) == (255, 255, 255)


def test_nothing_but_pixels_is_stored() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-MAKER"
    exif.get_ifd(0x8825)[1] = "N"
    text = PngImagePlugin.PngInfo()
    text.add_text("place", "SECRET-PLACE")
    for data in (
        photograph(exif=exif, comment=b"SECRET-COMMENT", xmp=b"<x>SECRET-XMP</x>", icc_profile=b"SECRET-ICC"),
        photograph(format="PNG", pnginfo=text),
    ):
        assert b"SECRET" in data
        photo = open_photo(data)
        for stored in (photo.jpeg(), photo.thumbnail()):
            assert b"SECRET" not in stored
            assert not Image.open(io.BytesIO(stored)).getexif()


def test_what_is_stored_is_small_and_what_is_read_is_not() -> None:
    photo = open_photo(encoded(vehicle(size=(4000, 3000))))
    assert photo.size == (4000, 3000)
    assert Image.open(io.BytesIO(photo.jpeg())).size == (1920, 1440)
    assert Image.open(io.BytesIO(photo.thumbnail())).size == (320, 240)
    small = open_photo(encoded(vehicle(size=(100, 80))))
    assert Image.open(io.BytesIO(small.jpeg())).size == (100, 80)


@pytest.mark.parametrize("size", [(20_000, 2), (2, 20_000)])
def test_a_strip_keeps_a_pixel_of_its_shorter_side(size: tuple[int, int]) -> None:
    photo = open_photo(encoded(Image.new("RGB", size), "PNG"))
    assert min(Image.open(io.BytesIO(photo.jpeg())).size) == 1
    assert min(Image.open(io.BytesIO(photo.thumbnail())).size) == 1


def test_the_plate_is_cut_out_straight() -> None:
    image = Image.new("RGB", (400, 300), "blue")
    image.paste("white", (100, 120, 200, 150))
    turned = image.rotate(90, expand=True)  # 300 x 400: the plate's text runs upwards, from (120, 300) to (120, 200)
    corners = ((120 / 300, 300 / 400), (120 / 300, 200 / 400), (150 / 300, 200 / 400), (150 / 300, 300 / 400))
    cut = Image.open(io.BytesIO(open_photo(encoded(turned, "PNG")).plate(corners))).convert("RGB")
    assert cut.size == (240, 72)
    red, green, blue = cut.getpixel((120, 36))  # type: ignore[misc]
    assert min(red, green, blue) > 240


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "error.photo.empty"),
        (b"hola", "error.photo.unknown"),
        (encoded(vehicle(), "GIF"), "error.photo.unknown"),
        (encoded(vehicle(), "TIFF"), "error.photo.unknown"),
        (photograph()[:4000], "error.photo.broken"),
        (photograph(format="PNG")[:4000], "error.photo.broken"),
        (heic(vehicle())[:2000], "error.photo.broken"),
        (bytes(20 * 1024 * 1024 + 1), "error.photo.too_large"),
        (encoded(Image.new("1", (10_001, 5_000)), "PNG"), "error.photo.too_many_pixels"),
    ],
)
def test_the_refusal_says_which(data: bytes, key: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        open_photo(data)
    assert refusal.value.key == key
