"""Draws pictures of benchmarks with a few SVG shapes, without any package."""
from xml.sax.saxutils import escape

INK, FAINT, GRID = "#1f2933", "#6b7785", "#e3e7ec"
OURS = "#d9480f"
# The colors of the peers, in order; distinguishable on white.
OTHERS = ["#4c6ef5", "#12a594", "#a78bfa", "#8d99a6", "#c2a01e"]


class Svg:
    def __init__(self, width, height):
        self.width, self.height, self.parts = width, height, []

    def rect(self, x, y, width, height, fill):
        self.parts.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>' %
                          (x, y, width, height, fill))

    def line(self, x1, y1, x2, y2, stroke=GRID, width=1, dash=None):
        dashes = ' stroke-dasharray="%s"' % dash if dash else ""
        self.parts.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%g"%s/>' %
                          (x1, y1, x2, y2, stroke, width, dashes))

    def polyline(self, points, stroke, width=2):
        text = " ".join("%.1f,%.1f" % point for point in points)
        self.parts.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="%g"/>' % (text, stroke, width))

    def circle(self, x, y, radius, fill):
        self.parts.append('<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s"/>' % (x, y, radius, fill))

    def text(self, x, y, words, size=12, fill=INK, anchor="start", bold=False):
        weight = ' font-weight="600"' if bold else ""
        self.parts.append('<text x="%.1f" y="%.1f" font-size="%g" fill="%s" text-anchor="%s"%s>%s</text>' %
                          (x, y, size, fill, anchor, weight, escape(words)))

    def render(self):
        head = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" '
                'font-family="Helvetica, Arial, sans-serif">\n' % (self.width, self.height, self.width, self.height))
        return head + '<rect width="100%" height="100%" fill="#ffffff"/>\n' + "\n".join(self.parts) + "\n</svg>\n"
