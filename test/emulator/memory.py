# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Global memory as numpy arrays, and the shared memory of a block.

Source: PTX ISA, "State Spaces", "Generic Addressing", "Shared Memory Bank conflicts" as CUDA's programming guide has
them. A shared address is the block's rank in its cluster << 24 | offset, so that shared::cta addresses are
shared::cluster addresses too; offsets start at 1024, as on sm_90, where the first KiB is the system's.
"""

import numpy as np

from .checks import Violation
from .ordering import History

GLOBAL_BASE = 1 << 32
SHARED_WINDOW = 1 << 44  # generic = window + shared address
LOCAL_WINDOW = 1 << 46
RESERVED_SHARED = 1024
OFFSET_MASK = (1 << 24) - 1
ALL_LANES = slice(None)
LANES = np.arange(32)


class Buffer:
    """One array in global memory."""

    def __init__(self, array: np.ndarray, base: int):
        self.array, self.base = array, base
        self.bytes = array.reshape(-1).view(np.uint8)
        self.size = self.bytes.size
        self._views = {}
        self.read = self.written = False

    def view(self, itemsize: int) -> np.ndarray:
        if itemsize not in self._views:
            count = self.size // itemsize * itemsize
            self._views[itemsize] = self.bytes[:count].view(f"u{itemsize}")
        return self._views[itemsize]


class GlobalMemory:
    """Device memory: arrays are placed 1 MiB-aligned with gaps, so that running off an array is seen."""

    def __init__(self):
        self.buffers: list[Buffer] = []
        self._next = GLOBAL_BASE

    def place(self, array: np.ndarray) -> Buffer:
        """The buffer of a C-contiguous array; the same memory is placed once."""
        if not array.flags.c_contiguous:
            raise ValueError("device memory is C-contiguous; take a view of it as a tensor map instead")
        start = array.__array_interface__["data"][0]
        for buffer in self.buffers:
            first = buffer.array.__array_interface__["data"][0]
            if first == start and buffer.size == array.nbytes:
                return buffer
            if first < start + array.nbytes and start < first + buffer.size:
                raise ValueError("buffers overlap: pass the whole buffer and a byte offset")
        buffer = Buffer(array, self._next)
        self._next += (buffer.size + (2 << 20)) >> 20 << 20
        self.buffers.append(buffer)
        return buffer

    def find(self, address: int, size: int) -> Buffer:
        for buffer in self.buffers:
            if buffer.base <= address and address + size <= buffer.base + buffer.size:
                return buffer
        nearest = max((b for b in self.buffers if b.base <= address), key=lambda b: b.base, default=None)
        place = f"{address - nearest.base} of a buffer of {nearest.size} bytes" if nearest else f"{address:#x}"
        raise Violation("global-out-of-bounds", f"{size} bytes at {place}")

    def split(self, addresses: np.ndarray, size: int):
        """Yields (buffer, positions in `addresses`) that cover all of them."""
        if len(addresses) == 0:
            return
        low, high = int(addresses.min()), int(addresses.max())
        buffer = self.find(low, size)
        if high + size <= buffer.base + buffer.size:
            yield buffer, ALL_LANES
            return
        inside = addresses + size <= buffer.base + buffer.size
        yield buffer, np.flatnonzero(inside)
        rest = np.flatnonzero(~inside)
        for other, positions in self.split(addresses[rest], size):
            yield other, rest[positions]


def check_aligned(addresses: np.ndarray, size: int):
    if (addresses & (size - 1)).any():
        bad = int(addresses[(addresses & (size - 1)) != 0][0])
        raise Violation("misaligned", f"address {bad:#x} for an access of {size} bytes")


class SharedMemory:
    """Bytes and access history of one block's shared memory, from RESERVED_SHARED to `end`."""

    def __init__(self, agents, end: int, ignored: frozenset):
        self.end = end
        capacity = -(-end // 1024) * 1024
        self.bytes = np.full(capacity, 0xCD, np.uint8)
        self.views = {1: self.bytes} | {size: self.bytes.view(f"u{size}") for size in (2, 4, 8)}
        self.chunks = self.bytes.view(np.uint64).reshape(-1, 2)
        self.history = History(agents, capacity, ignored)

    def check_bounds(self, offsets, size: int):
        low, high = (
            (offsets, offsets + size) if isinstance(offsets, int) else (int(offsets.min()), int(offsets.max()) + size)
        )
        if low < RESERVED_SHARED or high > self.end:
            place = (low if low < RESERVED_SHARED else high - size) - RESERVED_SHARED
            raise Violation("shared-out-of-bounds", f"{size} bytes at {place} of {self.end - RESERVED_SHARED}")


def words_of(offsets: np.ndarray, size: int) -> np.ndarray:
    """The 16-bit words that accesses of `size` bytes at these offsets touch."""
    if size <= 2:
        return offsets >> 1
    return ((offsets >> 1)[:, None] + np.arange(size // 2)).reshape(-1)


_conflicts: dict[tuple, int] = {}


def bank_conflicts(offsets: np.ndarray, size: int) -> int:
    """Extra passes that a warp's access takes: lanes are served 128 bytes at a time; two different 32-bit words of one
    bank take two passes."""
    key = (size, (offsets - (int(offsets[0]) & ~127)).tobytes())
    if key not in _conflicts:
        lanes = max(1, min(32, 128 // size))
        extra = 0
        for start in range(0, len(offsets), lanes):
            words = np.unique((offsets[start : start + lanes, None] + np.arange(0, max(size, 4), 4)) >> 2)
            extra += int(np.bincount(words & 31).max()) - 1
        _conflicts[key] = extra
    return _conflicts[key]
