"""`python -m deploy.local.demo.child PID MODULE [ARG …]`: run a module so that it ends when the process PID does.

The demo's processes have honcho's workers between them and the demo itself, and those would outlive a `kill -9` of it.
"""

import os
import runpy
import select
import signal
import sys
import threading


def end_with(pid: int) -> None:
    """Have this process terminated once the process `pid` is gone (Linux; elsewhere nothing is watched)."""
    if not hasattr(os, "pidfd_open"):
        return
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        raise SystemExit(1) from None
    threading.Thread(target=_wait_for_end, args=(watched,), daemon=True).start()


def _wait_for_end(watched: int) -> None:
    select.select([watched], [], [])
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    module, *arguments = sys.argv[2:]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
