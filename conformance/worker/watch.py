"""The worker's own guard: ends the process when it grows too large or when its parent is gone.

Address-space limits do not fit frameworks, which reserve far more than they use, so what is watched is resident memory;
a limit on data segments stands behind it for allocations too sudden to be seen.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

EXIT_OUT_OF_MEMORY = 86
_SECONDS_BETWEEN_LOOKS = 0.05
_SUDDEN_ALLOCATION_BYTES = 1 << 30
_STATISTICS = Path("/proc/self/statm")


def resident_bytes() -> int:
    """Memory the process holds now (on systems without /proc, the most it ever held); 0 when it cannot be told."""
    try:
        return int(_STATISTICS.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return _most_resident_bytes()


def _most_resident_bytes() -> int:
    try:
        import resource
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def limit_data(most_bytes: int) -> None:
    """Make single huge allocations fail in the allocator instead of taking the machine down."""
    try:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = most_bytes + _SUDDEN_ALLOCATION_BYTES
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    except (ImportError, OSError, ValueError):
        return  # the watching thread remains


def end_process_group() -> None:
    """End this process and everything it started, at once."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


def start_watching(memory_limit_bytes: int | None) -> None:
    """Watch from a thread that ends with the process."""
    parent = os.getppid()

    def watch() -> None:
        while True:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            if os.getppid() != parent:
                end_process_group()
            if memory_limit_bytes is not None and resident_bytes() > memory_limit_bytes:
                os._exit(EXIT_OUT_OF_MEMORY)

    threading.Thread(target=watch, name="conformance-watch", daemon=True).start()
