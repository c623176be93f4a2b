"""How much memory this process has held."""

import sys
from pathlib import Path


def peak_memory_mb() -> float:
    """The most memory that this process has held since it began, in MB; libraries and data count. 0 where nobody can tell.

    On Linux not ru_maxrss, which begins with the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024 / 1e6
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
