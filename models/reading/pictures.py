"""Pictures: one is made, others are read from files, and lines are drawn into them."""

from typing import List

import numpy
from PIL import Image, ImageDraw, ImageFont, ImageOps

from detector import Bytes
from recognizer import Line

# What the picture that is made says.
LINES = [
    "mace reads text in pictures",
    "OpenCL 3.0",
    "Invoice 2026-0417",
    "Total: 42.50 EUR",
    "The second start compiles nothing",
    "12:45 Platform 7",
]
TILTED = "this line is tilted"


def sample() -> Bytes:
    """A picture [520, 720, 3], RGB, that says LINES and TILTED: letters of several sizes, dark on
    light and light on dark."""
    page = Image.new("RGB", (720, 520), (244, 241, 232))
    draw = ImageDraw.Draw(page)
    y = 24
    for index, text in enumerate(LINES):
        font = ImageFont.load_default(30 - 6 * (index % 2))
        on_dark = index == len(LINES) - 1
        if on_dark:
            draw.rectangle([32, y - 6, 32 + draw.textlength(text, font) + 24, y + 34], (24, 44, 80))
        draw.text((44, y), text, (250, 250, 250) if on_dark else (32, 32, 40), font)
        y += 58
    tilted = Image.new("RGBA", (360, 48))
    ImageDraw.Draw(tilted).text((4, 4), TILTED, (120, 24, 24), ImageFont.load_default(30))
    tilted = tilted.rotate(8, Image.Resampling.BICUBIC, expand=True)
    page.paste(tilted, (330, 400), tilted)
    return numpy.asarray(page)


def load(path: str) -> Bytes:
    """A picture file as [height, width, 3], RGB, turned as its camera says; what is transparent
    becomes white.

    Raises OSError for a file that cannot be read or is no picture, and ValueError for a picture
    with a side of fewer than 8 pixels or of a size that would fill the memory.
    """
    try:
        with Image.open(path) as file:
            picture = ImageOps.exif_transpose(file).convert("RGBA")
    except (Image.DecompressionBombError, ValueError) as error:
        raise ValueError("%s: %s" % (path, error)) from error
    page = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    page.alpha_composite(picture)
    if min(page.size) < 8:
        raise ValueError("%s: expected at least 8x8 pixels, found %dx%d" % (path, *page.size))
    return numpy.asarray(page.convert("RGB"))


def save_with_lines(path: str, picture: Bytes, lines: List[Line]) -> None:
    """Writes the picture with the box and number of each line, and at its right what was read."""
    page = Image.fromarray(picture)
    side = max(360, page.width // 2)
    wide = Image.new("RGB", (page.width + side, page.height), (255, 255, 255))
    wide.paste(page)
    draw = ImageDraw.Draw(wide)
    small = ImageFont.load_default(13)
    row = min(26.0, (page.height - 16) / max(len(lines), 1))
    for number, line in enumerate(lines, 1):
        draw.polygon(
            [(float(x), float(y)) for x, y in line.box.corners], outline=(200, 32, 32), width=2
        )
        x, y = (float(value) for value in line.box.corners[0])
        draw.text((x, y - 14), str(number), (200, 32, 32), small)
        draw.text(
            (page.width + 12, 8 + row * (number - 1)),
            "%d  %s  (%.2f)" % (number, line.text, line.score),
            (24, 24, 24),
            small,
        )
    wide.save(path)
