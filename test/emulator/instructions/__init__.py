# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Decoders of PTX instructions, one family a file; importing this package registers them."""

from . import (  # noqa: F401
    asynchronous_copy,
    comparison,
    conversion,
    data_movement,
    floating_point,
    integer,
    matrix,
    memory_access,
    synchronization,
    tensor_memory,
    warp_level,
    warpgroup_matrix,
)
