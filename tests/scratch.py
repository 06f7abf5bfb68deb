"""Where tests write: in memory where there is room, since each commit of a ledger waits for a disk.

``--basetemp`` or ``PYTEST_DEBUG_TEMPROOT`` name another folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  # a file system, in which folders of random names are made
ROOM = 4 << 30


def scratch_folder() -> Path:
    """A folder in memory if programs may run there and gigabytes are free, else the usual one."""
    is_fit = (
        os.access(MEMORY, os.W_OK)
        and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(MEMORY).free >= ROOM
    )
    return MEMORY if is_fit else Path(tempfile.gettempdir())
