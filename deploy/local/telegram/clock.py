"""Time as the sandbox sees it: seconds since 1970, replaceable in tests."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
system_clock: Clock = time.time
