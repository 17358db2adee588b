# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Happens-before between accesses of shared memory: finds races whatever the schedule was.

Source: PTX ISA, "Memory Consistency Model", "Proxies", "Asynchronous operations". Every agent counts epochs: a warp
(its lanes count as one), and per warp the reads of its bulk stores and the writes of its cp.async; every warpgroup,
for the reads of its wgmmas; and every mbarrier, which stands for the asynchronous copies that complete on it. A clock
holds, per agent, the epoch that is known to have happened: row 0 plainly, row 1 as seen through the async proxy (after
fence.proxy.async). Barriers, waits and arrivals join clocks. Locations are 16-bit words.
"""

import functools

import numpy as np

from .checks import PTXError, Violation

PLAIN, ASYNC = 0, 1
WARP, BULK_READS, COPY_WRITES = range(3)  # the agents of a warp
_EPOCH_BITS = 32


class Agents:
    """Numbers the agents of one cluster; 0 stands for "nothing"."""

    def __init__(self, warps: int, mbarriers: int = 512):
        self.names = ["nothing"]
        self.capacity = 2 + 4 * warps + mbarriers
        self.through_async_proxy = np.zeros(self.capacity, bool)

    def add(self, name: str, async_proxy: bool = False) -> int:
        if len(self.names) == self.capacity:
            raise PTXError(f"the emulator follows {self.capacity} agents; the kernel initialises more mbarriers")
        self.through_async_proxy[len(self.names)] = async_proxy
        self.names.append(name)
        return len(self.names) - 1

    def clock(self) -> np.ndarray:
        return np.zeros((2, self.capacity), np.int64)


class Region:
    """Words that one instruction reads again and again: a wgmma operand, the source of a bulk store."""

    def __init__(self, words):
        self.words = words
        if isinstance(words, slice):
            self.first, self.end = words.start, words.stop
        else:
            self.first, self.end = int(words.min()), int(words.max()) + 1

    def meets(self, other: "Region") -> bool:
        if self.first >= other.end or other.first >= self.end:
            return False
        if isinstance(self.words, slice) and isinstance(other.words, slice):
            return True
        mine, theirs = (np.arange(r.first, r.end) if isinstance(r.words, slice) else r.words for r in (self, other))
        return bool(np.isin(mine, theirs).any())


@functools.cache
def contiguous(first: int, end: int) -> Region:
    return Region(slice(first, end))


class History:
    """Last writer of every word of a block's shared memory, and the readers since."""

    def __init__(self, agents: Agents, size: int, ignored: frozenset):
        self.agents, self.ignored = agents, ignored
        self.written = np.zeros(size // 2, np.int64)  # agent << 32 | epoch
        self.read: dict[int, list] = {}  # agent → [first word, end, epoch per word]
        self.region_reads: dict[int, dict[Region, int]] = {}

    def fail(self, check: str, detail: str):
        if check not in self.ignored:
            raise Violation(check, detail)

    def stamps(self, words) -> list[int]:
        found = self.written[words]
        low, high = int(found.min()), int(found.max())
        return [low] if low == high else np.unique(found).tolist()

    def check_stamps(self, stamps: list[int], clock: np.ndarray, proxy: int, reading: bool, what: str):
        """Whether the writes behind `stamps` happened before an access with this clock through this proxy."""
        for stamp in stamps:
            agent, epoch = stamp >> _EPOCH_BITS, stamp & (1 << _EPOCH_BITS) - 1
            if agent == 0:
                if reading:
                    self.fail("uninitialised-shared", what)
            elif clock[PLAIN, agent] < epoch:
                self.fail("race", f"{what}, which is not ordered after the write by {self.agents.names[agent]}")
            elif proxy == ASYNC and not self.agents.through_async_proxy[agent] and clock[ASYNC, agent] < epoch:
                self.fail("proxy-fence-missing", f"{what}, after the write by {self.agents.names[agent]}")

    def check_read(self, words, clock, proxy, what):
        self.check_stamps(self.stamps(words), clock, proxy, True, what)

    def note_read(self, words, agent: int, epoch: int):
        entry = self.read.get(agent)
        if entry is None:
            entry = self.read[agent] = [len(self.written), 0, np.zeros(len(self.written), np.int64)]
        entry[0], entry[1] = min(entry[0], int(words.min())), max(entry[1], int(words.max()) + 1)
        entry[2][words] = epoch

    def note_region_read(self, region: Region, agent: int, epoch: int):
        self.region_reads.setdefault(agent, {})[region] = epoch

    def write(self, words, clock: np.ndarray, proxy: int, agent: int, epoch: int, what: str):
        """Checks a write by the holder of `clock` and records it as agent's."""
        self.check_stamps(self.stamps(words), clock, proxy, False, what)
        region = Region(words)
        for reader, (first, end, epochs) in self.read.items():
            if first < region.end and region.first < end and int(epochs[words].max()) > clock[PLAIN, reader]:
                self.fail("race", f"{what}, which is not ordered after the read by {self.agents.names[reader]}")
        for reader, regions in self.region_reads.items():
            known = clock[PLAIN, reader]
            for other, when in regions.items():
                if when > known and other.meets(region):
                    self.fail("race", f"{what} while {self.agents.names[reader]} may still read it")
        self.written[words] = agent << _EPOCH_BITS | epoch
