"""Where and with what a run was made."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import psutil

PACKAGES = (
    "bentoml", "onnxruntime", "tokenizers", "numpy", "orjson", "uvicorn", "uvloop", "httptools", "starlette", "fastapi",
    "litserve", "mosec",
)  # fmt: skip


@dataclass(frozen=True)
class Machine:
    """The machine and the versions on it.

    Attributes:
        busy_before: share of the cores that other work took in the second before the run, 0 to 1.

    """

    date: str
    cpu: str
    n_cores: int
    memory_gib: float
    python: str
    kernel: str
    versions: dict[str, str]
    busy_before: float


def usable_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0))


def cpu_model(cpuinfo: str) -> str:
    """The model name in the text of /proc/cpuinfo."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.machine() or "unknown"


def versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Installed version of each package; one that is missing is left out."""
    found = {}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def describe_machine() -> Machine:
    """Look at this machine, now."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        date=datetime.now(UTC).date().isoformat(),
        cpu=cpu_model(Path("/proc/cpuinfo").read_text(encoding="utf-8")),
        n_cores=usable_cores(),
        memory_gib=round(pages * page_bytes / 2**30, 1),
        python=platform.python_version(),
        kernel=platform.release(),
        versions=versions(),
        busy_before=psutil.cpu_percent(interval=1.0) / 100.0,
    )
