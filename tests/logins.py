"""The services' own logins on the tests' servers."""

from shared.logins import login_url
from shared.postgres import role_of


def as_service(url: str, service: str) -> str:
    """The URL with which the service itself logs in to the database whose owner's URL this is."""
    return login_url(url, role_of(service), f"password-of-the-{service}")
