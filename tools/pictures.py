"""Take the pictures of the README from a running demo: tools/pictures.py http://127.0.0.1:8000 E-MAIL PASSWORD.

Writes docs/pictures/*.png with as few colours as look the same, so that the repository stays small.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
#: name: language, page, width, height
PICTURES = {
    "inspect": ("en", "/inspect", 1440, 900),
    "inspect-zh": ("zh_Hans", "/inspect", 1440, 900),
    "phone": ("zh_Hans", "/inspect", 390, 844),
}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def take(browser: Browser, base: str, email: str, password: str, name: str) -> None:
    """Sign in, open one page in one language, keep the picture."""
    language, page_address, wide, high = PICTURES[name]
    locale = "zh-CN" if language.startswith("zh") else "en-GB"
    context = browser.new_context(viewport={"width": wide, "height": high}, locale=locale)
    context.add_cookies([{"name": "gridmap_language", "value": language, "url": base}])
    page = context.new_page()
    page.goto(f"{base}/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda address: "sign-in" not in address)
    page.goto(base + page_address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    picture = Image.open(io.BytesIO(page.screenshot()))
    FOLDER.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").quantize(192, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)
    context.close()


def main() -> None:
    base, email, password = sys.argv[1:4]
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        for name in PICTURES:
            take(browser, base.rstrip("/"), email, password, name)
            print(FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
