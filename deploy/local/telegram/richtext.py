"""Text with entities as HTML for the page; everything a person wrote is escaped."""

from itertools import pairwise

from markupsafe import Markup, escape

from deploy.local.telegram.model import Json

_TAGS = {
    "bold": Markup("<b>{}</b>"),
    "italic": Markup("<i>{}</i>"),
    "underline": Markup("<u>{}</u>"),
    "strikethrough": Markup("<s>{}</s>"),
    "code": Markup("<code>{}</code>"),
    "pre": Markup("<code>{}</code>"),
    "spoiler": Markup('<span class="spoiler" tabindex="0">{}</span>'),
    "blockquote": Markup("<q>{}</q>"),
    "expandable_blockquote": Markup("<q>{}</q>"),
    "bot_command": Markup('<span class="mark">{}</span>'),
    "mention": Markup('<span class="mark">{}</span>'),
    "text_mention": Markup('<span class="mark">{}</span>'),
    "hashtag": Markup('<span class="mark">{}</span>'),
}
_LINK = Markup('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>')


def rich(text: str, entities: list[Json]) -> Markup:
    """HTML of `text`, cut wherever an entity begins or ends, each piece wrapped in what covers it."""
    units = text.encode("utf-16-le")
    spans = [(item["offset"], item["offset"] + item["length"], item) for item in entities]
    cuts = sorted({0, len(units) // 2, *(begin for begin, _, _ in spans), *(end for _, end, _ in spans)})
    html = Markup()
    for begin, end in pairwise(cuts):
        piece = units[2 * begin : 2 * end].decode("utf-16-le", errors="replace")
        covering = [item for first, last, item in spans if first <= begin and end <= last]
        html += _wrapped(piece, covering)
    return html


def _wrapped(piece: str, covering: list[Json]) -> Markup:
    html = escape(piece)
    for item in reversed(covering):
        kind = item["type"]
        address = str(item.get("url", piece))
        if kind in {"text_link", "url"} and address.startswith(("http://", "https://")):
            html = _LINK.format(address, html)
        else:
            html = _TAGS.get(kind, Markup("{}")).format(html)
    return html
