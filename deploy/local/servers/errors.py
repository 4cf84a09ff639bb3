"""Every way in which the embedded servers can fail, each with what to do about it in Khmer and English."""

from pathlib import Path


class ServersError(Exception):
    """Base of all errors here: `message_km` and `message_en` are for people, `details` is a log's tail or empty."""

    def __init__(self, message_km: str, message_en: str, details: str = "") -> None:
        self.message_km = message_km
        self.message_en = message_en
        self.details = details
        super().__init__("\n".join(part for part in (message_km, message_en, details) if part))


class WheelMissing(ServersError):
    """The package that carries the server is not installed, or has nothing for this platform."""

    def __init__(self, package: str, platform: str, variable: str) -> None:
        self.package, self.platform, self.variable = package, platform, variable
        super().__init__(
            f"រកមិនឃើញកម្មវិធីរបស់កញ្ចប់ {package} សម្រាប់ប្រព័ន្ធ {platform} ទេ។ "
            f"សូមដំឡើងកញ្ចប់ {package} ឬកំណត់ {variable} ឱ្យចង្អុលទៅម៉ាស៊ីនបម្រើដែលកំពុងដំណើរការស្រាប់។",
            f"The package {package} has no program for {platform} here. "
            f"Install {package}, or set {variable} to a server that already runs.",
        )


class FolderNotWritable(ServersError):
    """The folder cannot be created, or the current user cannot write in it."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(
            f"មិនអាចសរសេរក្នុងថត {folder} បានទេ ({reason})។ សូមផ្ដល់សិទ្ធិលើថតនេះដល់អ្នកប្រើប្រាស់បច្ចុប្បន្ន ឬជ្រើសរើសថតផ្សេង។",
            f"Cannot write in the folder {folder} ({reason}). "
            "Make it belong to the current user (chown -R), or choose another folder.",
        )


class FolderUnreachable(ServersError):
    """Started by root without user namespaces: the user nobody cannot pass through `ancestor` to reach `path`."""

    def __init__(self, path: Path, ancestor: Path) -> None:
        self.path, self.ancestor = path, ancestor
        super().__init__(
            f"PostgreSQL មិនដំណើរការក្រោម root ទេ ហើយអ្នកប្រើប្រាស់ nobody មិនអាចឆ្លងកាត់ថត {ancestor} ទៅដល់ {path} បានឡើយ។ "
            f"សូមប្រើពាក្យបញ្ជា chmod o+x {ancestor} ឬជ្រើសរើសថតផ្សេង ឬចាប់ផ្ដើមដោយអ្នកប្រើប្រាស់ធម្មតា។",
            f"PostgreSQL does not run as root, and the user nobody cannot pass through {ancestor} to reach {path}. "
            f"Run chmod o+x {ancestor}, choose another folder, or start as an ordinary user.",
        )


class FolderInUse(ServersError):
    """A server already runs on this folder; `pid` is the process that started it, or None when unknown."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        self.folder, self.pid = folder, pid
        who = "?" if pid is None else str(pid)
        super().__init__(
            f"ថត {folder} កំពុងត្រូវបានប្រើដោយដំណើរការលេខ {who}។ សូមបញ្ឈប់ដំណើរការនោះ ឬជ្រើសរើសថតផ្សេង។",
            f"The folder {folder} is in use by process {who}. Stop that process, or choose another folder.",
        )


class FolderNotOurs(ServersError):
    """The data folder holds files that are no whole database; nothing was touched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"ថត {folder} មានឯកសារដែលមិនមែនជាមូលដ្ឋានទិន្នន័យពេញលេញ ដូច្នេះគ្មានអ្វីត្រូវបានលុប ឬកែប្រែទេ។ "
            "សូមផ្លាស់ទីថតនោះទៅកន្លែងផ្សេង រួចចាប់ផ្ដើមម្ដងទៀត។",
            f"The folder {folder} holds files that are not a whole database; nothing was deleted or changed. "
            "Move it elsewhere, then start again.",
        )


class WrongMajorVersion(ServersError):
    """The data was made by another major version of PostgreSQL than the one installed."""

    def __init__(self, folder: Path, found: str, installed: str) -> None:
        self.folder, self.found, self.installed = folder, found, installed
        super().__init__(
            f"ទិន្នន័យក្នុងថត {folder} ត្រូវបានបង្កើតដោយ PostgreSQL កំណែ {found} ប៉ុន្តែកំណែដែលបានដំឡើងគឺ {installed}។ "
            f"សូមដំឡើងកំណែ {found} វិញ ហើយនាំទិន្នន័យចេញដោយ pg_dump ឬជ្រើសរើសថតថ្មី។",
            f"The data in {folder} was made by PostgreSQL {found}, but {installed} is installed. "
            f"Install {found} again and take the data out with pg_dump, or choose a new folder.",
        )


class MakingFailed(ServersError):
    """The database could not be made; what was begun is cleared at the next start. `details` is the log's tail."""

    def __init__(self, folder: Path, tail: str) -> None:
        self.folder = folder
        super().__init__(
            f"មិនអាចបង្កើតមូលដ្ឋានទិន្នន័យក្នុងថត {folder} បានទេ។ សូមពិនិត្យទំហំថាសដែលនៅសល់ និងកំណត់ហេតុខាងក្រោម រួចចាប់ផ្ដើមម្ដងទៀត។",
            f"The database could not be made in {folder}. "
            "Check the free disk space and the log lines below, then start again.",
            tail,
        )


class PortTaken(ServersError):
    """Another program holds the port, or the system does not let this user open it (`reason`)."""

    def __init__(self, server: str, port: int, reason: str) -> None:
        self.server, self.port, self.reason = server, port, reason
        super().__init__(
            f"{server} មិនអាចប្រើច្រកលេខ {port} បានទេ ({reason})។ សូមបញ្ឈប់កម្មវិធីដែលកំពុងប្រើច្រកនោះ ឬជ្រើសរើសច្រកផ្សេង។",
            f"{server} cannot use port {port} ({reason}). Stop the program that holds it, or choose another port.",
        )


class ServerFailedToStart(ServersError):
    """The server ended, or gave no answer in time, before it was ready. `details` is the log's tail."""

    def __init__(self, server: str, log: Path, tail: str) -> None:
        self.server, self.log = server, log
        super().__init__(
            f"{server} មិនអាចចាប់ផ្ដើមបានទេ។ សូមអានមូលហេតុខាងក្រោម ឬក្នុងឯកសារ {log} រួចចាប់ផ្ដើមម្ដងទៀត។",
            f"{server} could not start. Read the reason below or in {log}, then start again.",
            tail,
        )


class ServerDied(ServersError):
    """A server that was running has ended without being asked. `details` is the log's tail."""

    def __init__(self, server: str, log: Path, tail: str) -> None:
        self.server, self.log = server, log
        super().__init__(
            f"{server} បានឈប់ដំណើរការដោយមិនបានរំពឹងទុក។ សូមអានមូលហេតុខាងក្រោម ឬក្នុងឯកសារ {log} រួចចាប់ផ្ដើមម្ដងទៀត។",
            f"{server} stopped unexpectedly. Read the reason below or in {log}, then start again.",
            tail,
        )
