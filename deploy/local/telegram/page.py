"""The page for people: a column per chat, and a hand for every member."""

from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploy.local.telegram.control_http import ACTORS
from deploy.local.telegram.page_view import column, other_chats, shown_chats
from deploy.local.telegram.words import WORDS, Language
from shared.typefaces import TYPEFACES

_HERE = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def install(app: web.Application) -> None:
    """Adds the page and its assets to the application."""
    app.router.add_get("/", _show)
    app.router.add_get("/favicon.ico", _no_icon)
    app.router.add_static("/static", _HERE / "static")
    app.router.add_static("/khmer", TYPEFACES)


async def _show(request: web.Request) -> web.Response:
    language: Language = "en" if request.query.get("lang") == "en" else "km"
    state = request.app[ACTORS].world.state
    opened = [int(chat) for chat in request.query.getall("open", []) if chat.lstrip("-").isdecimal()]
    shown = shown_chats(state, opened)
    html = _TEMPLATES.get_template("page.html").render(
        columns=[column(state, chat, language) for chat in shown],
        others=other_chats(state, shown),
        opened=opened,
        words=WORDS[language],
        language=language,
        other="km" if language == "en" else "en",
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return web.Response(text=html, content_type="text/html", headers=headers)


async def _no_icon(_: web.Request) -> web.Response:
    """Browsers ask for an icon beside a letter that they open by itself."""
    return web.Response(status=204)
