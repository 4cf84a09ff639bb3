"""Who plays in the demo, where things listen, and the settings of each process."""

import json
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from services.issuer.directory import Directory, GroupKind, read

SAMPLES = Path(__file__).parents[1] / "samples"
BOT_TOKEN = "1000001:demo-token-for-the-sandbox-only"  # noqa: S105 (the sandbox on loopback takes any)
HEAD, OFFICER, CHECKER = "MCS-0042", "MCS-0021", "MCS-0022"
LEADER, MEMBER, DRIVER, SIGNATORY = "MCS-0043", "MCS-0044", "MCS-0026", "MCS-0015"
UNIT, ISSUER, DUTY = "mcs.gdcs-policy", "mcs.gdaf", "mcs.gdcs-policy.d01"


@dataclass(frozen=True)
class Plan:
    """Ports and secrets of one run; written for the processes and the story to read. Paths are absolute."""

    folder: str
    redis_url: str
    database_url: str
    issuer: int
    notifier: int
    archive: int
    telegram: int
    viewer_key: str

    @property
    def path(self) -> Path:
        """The run's folder."""
        return Path(self.folder)

    def environment(self, service: str) -> dict[str, str]:
        """The settings of one service, beside those of the parent process."""
        port: int = getattr(self, service)
        return {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "DOCUMENTS_DIR": str(self.path / "documents"),
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "LOG_FORMAT": "console",
            "REDELIVER_AFTER_MS": "3000",
            "BOT_TOKEN": BOT_TOKEN,
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

    @classmethod
    def load(cls, folder: Path) -> "Plan":
        """The plan that `save` wrote."""
        return cls(**json.loads((folder / "plan.json").read_text(encoding="utf-8")))


def make_plan(folder: Path, redis_url: str, database_url: str) -> Plan:
    """A plan with the usual ports where they are free, and others where they are not."""
    issuer, notifier, archive, telegram = (_free_port(port) for port in (8801, 8802, 8803, 8804))
    return Plan(
        folder=str(folder.absolute()),
        redis_url=redis_url,
        database_url=database_url,
        issuer=issuer,
        notifier=notifier,
        archive=archive,
        telegram=telegram,
        viewer_key=secrets.token_urlsafe(24),
    )


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise OSError("no free port on loopback")


def telegram_id(person: str) -> int:
    """The Telegram account that the sandbox gives a sample person."""
    return 7_000_000_000 + int(person.rsplit("-", 1)[1])


def telegram_seed() -> dict[str, object]:
    """The sandbox's first state: the sample ministry's groups, with the people who belong there."""
    directory = read(SAMPLES / "mcs")
    shown = [g for g in directory.groups if g.chat_id and (g.kind is GroupKind.LEADERSHIP or g.unit == UNIT)]
    members = {
        group.chat_id: [p.id for p in directory.people if group.kind is GroupKind.LEADERSHIP or p.unit == group.unit]
        for group in shown
    }
    people = sorted({person for group in members.values() for person in group} | {DRIVER, OFFICER, CHECKER})
    return {
        "users": [_user(directory, person) for person in people],
        "chats": [
            {
                "id": group.chat_id,
                "title": group.name,
                "members": [{"user": "bot", "status": "administrator"}]
                + [{"user": telegram_id(person)} for person in members[group.chat_id]],
            }
            for group in shown
        ],
    }


def _user(directory: Directory, person_id: str) -> dict[str, object]:
    person = directory.person(person_id)
    return {"id": telegram_id(person_id), "first_name": person.name_km, "last_name": f"({person_id})", "started": True}
