"""Device: where the arithmetic runs, how precisely, on how many threads and with which memory allocator."""

import ctypes
import platform
import random
from contextlib import AbstractContextManager

import numpy as np
import torch

from models.training.config import Precision

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -2, -4, -8
_TOP_PAD_BYTES = 256 * 1024**2


def choose_device(name: str) -> torch.device:
    """The device of a name; `auto` takes CUDA where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def settle(seed: int, n_threads: int) -> None:
    """Set what is global in a process before a run: generators, threads of one operation, the allocator."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(n_threads)
    keep_freed_memory()


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[object]:
    """Matrix products in bfloat16 inside the block, if asked for; sums, norms and weights stay float32.

    The cache of cast weights is shared by all threads, so it is off; every weight is used once a pass anyway.
    """
    return torch.autocast(
        device.type, dtype=torch.bfloat16, enabled=precision is Precision.BFLOAT16, cache_enabled=False
    )


def keep_freed_memory() -> bool:
    """Have the C library keep large freed blocks instead of giving them back to the kernel.

    Every training step frees and takes the same hundreds of megabytes; returning them costs a page fault for every
    4 KiB of the next step, a fifth of the time on the machine this was measured on. Only glibc understands it.

    Returns:
        Whether it was granted.

    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL("libc.so.6").mallopt
    wishes = ((_M_ARENA_MAX, 1), (_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_TOP_PAD, _TOP_PAD_BYTES))
    return {mallopt(name, value) for name, value in wishes} == {1}
