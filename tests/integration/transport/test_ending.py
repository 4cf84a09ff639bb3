"""A process whose task has ended by itself ends as well, so that whoever runs it starts it again."""

import asyncio
import os
import sys
from pathlib import Path

from tests.patience import PATIENCE
from tests.signatures import as_environment

ROOT = Path(__file__).parents[3]


async def test_a_service_without_one_of_its_tasks_ends_and_says_why(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "DOCUMENTS_DIR": str(tmp_path), "PORT": "0"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.integration.transport.doomed"),
        cwd=ROOT,
        env={**os.environ, **settings, **as_environment("issuer")},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 1
    assert b"task.died" in told
    assert b"this task was doomed" in told
