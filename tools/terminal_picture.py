#!/usr/bin/python3
"""Draws the last lines of a command's output as an SVG picture of a terminal.

usage: tools/demo | tools/terminal_picture.py OUT.svg [LINES]    (LINES: 42)
"""
import html
import sys

CHARACTER_WIDTH, LINE_HEIGHT, MARGIN = 7.8, 17, 16  # Pixels, at a font of 13.


def draw(lines):
    width = int(max(map(len, lines)) * CHARACTER_WIDTH) + 2 * MARGIN
    height = len(lines) * LINE_HEIGHT + 2 * MARGIN
    rows = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d">' % (width, height),
        '<rect width="100%" height="100%" rx="8" fill="#1d2021"/>',
        '<g font-family="monospace" font-size="13" fill="#d5c4a1" xml:space="preserve">',
    ]
    for number, line in enumerate(lines):
        colour = ' fill="#8ec07c"' if line.startswith("==") else ""
        rows.append('<text x="%d" y="%d" textLength="%d"%s>%s</text>' % (
            MARGIN, MARGIN + (number + 1) * LINE_HEIGHT - 4, int(len(line) * CHARACTER_WIDTH),
            colour, html.escape(line)) if line else "")
    return "\n".join(row for row in rows + ["</g>", "</svg>"] if row) + "\n"


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__.strip())
    count = int(sys.argv[2]) if len(sys.argv) == 3 else 42
    lines = [line.rstrip() for line in sys.stdin.read().splitlines()][-count:]
    if not lines:
        sys.exit("terminal_picture: nothing on standard input")
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(draw(lines))


if __name__ == "__main__":
    main()
