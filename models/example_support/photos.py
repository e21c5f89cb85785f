"""Photos as arrays, and pictures with texts and boxes, by Pillow."""

import sys

try:
    import PIL
    from PIL import Image, ImageDraw, ImageFont, ImageOps
except ImportError as missing:
    sys.exit("the Python package Pillow was not found (%s): see requirements.txt" % missing)

import numpy as np

BOX_COLOUR, TEXT_COLOUR, BACKGROUND = (64, 255, 96), (255, 255, 255), (29, 32, 33)


def load_photo(path):
    """The photo (JPEG, PNG and what else Pillow reads) in RGB, turned as its camera says.

    ValueError for a file that is no picture, OSError for one that cannot be read.
    """
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except PIL.UnidentifiedImageError:
        raise ValueError("%s: expected a photo, found something else" % path) from None
    except Image.DecompressionBombError as error:
        raise ValueError("%s: %s" % (path, error)) from None


def crop_square(image):
    """The largest square around the middle of the photo."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def to_array(image, size, mean, deviation):
    """The photo resized to (width, height): [height, width, 3] of (pixel - mean) / deviation."""
    pixels = np.asarray(image.resize(size, Image.Resampling.BILINEAR), np.float32)
    return (pixels - np.float32(mean)) / np.float32(deviation)


def draw_box(image, box, text, width=3):
    """Draws a rectangle (left, top, right, bottom), in pixels, with a text above it."""
    draw = ImageDraw.Draw(image)
    draw.rectangle([float(edge) for edge in box], outline=BOX_COLOUR, width=width)
    font = ImageFont.load_default(size=max(12, image.height // 28))
    height = font.getbbox(text)[3]
    at = (float(box[0]), max(float(box[1]) - height - 2 * width, 0.0))
    draw.rectangle(draw.textbbox(at, text, font=font), fill=BOX_COLOUR)
    draw.text(at, text, fill=(0, 0, 0), font=font)


def captioned_row(images, captions, side=240):
    """A picture of square photos beside each other, each with lines of text below."""
    font = ImageFont.load_default(size=15)
    lines = max(len(caption) for caption in captions)
    row = Image.new("RGB", (side * len(images), side + 20 * lines + 10), BACKGROUND)
    draw = ImageDraw.Draw(row)
    for number, (image, caption) in enumerate(zip(images, captions)):
        row.paste(image.resize((side, side), Image.Resampling.LANCZOS), (side * number, 0))
        for line, text in enumerate(caption):
            draw.text((side * number + 8, side + 5 + 20 * line), text, fill=TEXT_COLOUR, font=font)
    return row
