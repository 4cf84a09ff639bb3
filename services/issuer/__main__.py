"""Run the issuer: `python -m services.issuer`, with its settings in the environment."""

from services.issuer.app import build
from services.issuer.settings import IssuerSettings
from shared.service import serve
from shared.settings import read

if __name__ == "__main__":
    settings = read(IssuerSettings)
    serve(build(settings), "issuer", settings)
