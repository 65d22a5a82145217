import platform

import pytest
import torch

from models.training.config import Precision
from models.training.device import autocast, choose_device, keep_freed_memory


def test_bfloat16_is_used_for_products_inside_the_block_only() -> None:
    cpu, square = torch.device("cpu"), torch.ones(2, 2)
    with autocast(cpu, Precision.BFLOAT16):
        inside = (square @ square).dtype
    assert (inside, (square @ square).dtype) == (torch.bfloat16, torch.float32)


def test_float32_stays_float32() -> None:
    with autocast(torch.device("cpu"), Precision.FLOAT32):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_auto_takes_what_is_there() -> None:
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the request")
def test_glibc_grants_keeping_freed_memory() -> None:
    assert keep_freed_memory()
