"""The app's icons as PNG, from the drawing in icon.svg, by the browser that the tests use."""

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parents[1] / "lib" / "coronet" / "static"
SIZES = (192, 512)
STYLE = "<style>body { margin: 0; background: #0b4f8a } svg { display: block; width: 80vw; margin: 10vh 10vw }</style>"
"""The ground fills the square, and the drawing stays inside the circle that a phone may cut out of it."""


def main() -> None:
    """Write `icon-SIZE.png` for every size."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content(STYLE + (STATIC / "icon.svg").read_text("utf-8"))
        for size in SIZES:
            page.set_viewport_size({"width": size, "height": size})
            image = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(32)
            image.save(STATIC / f"icon-{size}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
