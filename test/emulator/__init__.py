# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A functional emulator of PTX: runs slin's kernels on numpy arrays, with no GPU, and checks what a GPU would not say.

    statistics = emulate(ptx, "gemm", grid, [TensorMap.of(x, (64, 128)), Pointer(y), 200], late=True, seed=3)

Times, the tensor cores' own rounding and memory order weaker than program order within a warp are not modelled.
"""

from .checks import CHECKS, PTXError, Violation
from .execution import Pointer, Statistics, emulate
from .tensor_map import TensorMap

__all__ = ["CHECKS", "PTXError", "Pointer", "Statistics", "TensorMap", "Violation", "emulate"]
