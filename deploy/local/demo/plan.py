"""Where things listen, and the settings of each process."""

import json
import secrets
import shlex
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.servers.ports import free_port, why_taken
from services.provision import environment, provide

LISTENING = ("issuer", "notifier", "archive", "telegram")


@dataclass(frozen=True)
class Plan:
    """Ports and secrets of one run; written for the processes and the story to read. Paths are absolute.

    The URLs are the owner's; each service has its own (see `environment`).
    """

    folder: str
    redis_url: str
    database_url: str
    issuer: int
    notifier: int
    archive: int
    telegram: int
    viewer_key: str
    bot_token: str

    @property
    def path(self) -> Path:
        """The run's folder."""
        return Path(self.folder)

    @property
    def secrets(self) -> Path:
        """What each service logs in with, in a folder for each."""
        return self.path / "secrets"

    def environment(self, service: str) -> dict[str, str]:
        """The settings of one service, beside those of the parent process."""
        port: int = getattr(self, service)
        return {
            **environment(self.secrets, service),
            "DOCUMENTS_DIR": str(self.path / "documents"),
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "LOG_FORMAT": "console",
            "REDELIVER_AFTER_MS": "3000",
            "BOT_TOKEN": self.bot_token,
            "BOT_API_URL": f"http://127.0.0.1:{self.telegram}",
            "ARCHIVE_DIR": str(self.path / "archive"),
            "VIEWER_KEY": self.viewer_key,
            "PYTHONUNBUFFERED": "1",
        }

    def save(self) -> None:
        """Write the plan where the story finds it; it holds secrets, so for its owner alone."""
        path = self.path / "plan.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    def save_env(self, keys: dict[str, str]) -> None:
        """Write what a shell sources to use `besakakam` and curl on this run; it holds secrets, as the plan does."""
        values = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "BOT_TOKEN": self.bot_token,
            "VIEWER_KEY": self.viewer_key,
            **{f"{name.upper()}_URL": f"http://127.0.0.1:{getattr(self, name)}" for name in LISTENING},
            "BOT_API_URL": f"http://127.0.0.1:{self.telegram}",
            **keys,
        }
        lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
        lines.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
        path = self.path / "env"
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Plan":
        """The plan that `save` wrote."""
        return cls(**json.loads((folder / "plan.json").read_text(encoding="utf-8")))


def make_plan(
    folder: Path, redis_url: str, database_url: str, ports: tuple[int, ...] = (8801, 8802, 8803, 8804)
) -> Plan:
    """A plan with the ports asked for where they are free (0: any), and others where they are not."""
    issuer, notifier, archive, telegram = (_free_port(port) for port in ports)
    provide(folder / "secrets", database_url, redis_url)
    return Plan(
        folder=str(folder.absolute()),
        redis_url=redis_url,
        database_url=database_url,
        issuer=issuer,
        notifier=notifier,
        archive=archive,
        telegram=telegram,
        viewer_key=secrets.token_urlsafe(24),
        # A bot of its own for each run: the sandbox counts its updates from the start again.
        bot_token=f"{1_000_000_000 + secrets.randbelow(1_000_000_000)}:{secrets.token_urlsafe(24)}",
    )


def _free_port(wanted: int) -> int:
    return free_port() if wanted == 0 or why_taken(wanted) else wanted
