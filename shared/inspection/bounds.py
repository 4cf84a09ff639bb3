"""The bounds on opening one file, and how the two ends of its socket talk."""

from typing import Final

CPU_SECONDS: Final = 6
"""Of processor time: a photograph of 80 million pixels takes two or three."""
WALL_SECONDS: Final = 60
"""By the clock: a machine with much to do may give a file its processor time late."""
MEMORY: Final = 1024**3
"""Bytes of address space beyond the readers: 80 million pixels with their transparency, twice, and room to spare."""
HEAD: Final = "!IQ"
"""Lengths of a text (the task, or the answer as JSON) and of the bytes that follow it."""
END: Final = "!i"
"""After the answer: the child's exit code, or minus the number of the signal that ended it."""
