"""Reading a request's wishes: page or JSON, Khmer or English."""

from starlette.requests import Request

from shared.i18n import LANGUAGES, Language

LANGUAGE_COOKIE = "lang"


def for_browser(request: Request) -> bool:
    """Whether the client says that it shows pages."""
    return "text/html" in request.headers.get("accept", "")


def for_program(request: Request) -> bool:
    """Whether the client asks for JSON and not for pages."""
    return "application/json" in request.headers.get("accept", "") and not for_browser(request)


def language_of(request: Request) -> Language:
    """From `?lang=`, else from what was chosen before, else Khmer.

    A browser's `Accept-Language` does not count: it tells how the machine was set up, which in the ministry is mostly
    English, and not what its people read.
    """
    for wish in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if wish in LANGUAGES:
            return wish
    return "km"
