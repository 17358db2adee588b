# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The state of a running kernel: warps, blocks and the cluster they form.

Source: PTX ISA, "Programming Model", "Parallel Synchronization and Communication Instructions: mbarrier".
"""

import random
from collections import Counter

import numpy as np

from .checks import Violation
from .memory import LANES, LOCAL_WINDOW, OFFSET_MASK, SharedMemory
from .ordering import BULK_READS, PLAIN, WARP, Agents
from .program import CLASSES, STORAGE, VIEW_KEYS, Program
from .ptx import PARAMETER_BASE

GARBAGE = {"pred": True, "b16": 0xCDCD, "b32": 0xCDCDCDCD, "b64": 0xCDCDCDCDCDCDCDCD}
MAX_TRANSACTIONS = (1 << 20) - 1


class Barrier:
    """A named barrier of a block, or the barrier of a cluster."""

    def __init__(self, clock: np.ndarray):
        self.expected, self.arrived, self.generation = 0, 0, 0
        self.clock = clock  # of all who arrived
        self.released = clock.copy()  # of the last completed generation

    def arrive(self, warp: "Warp", threads: int, expected: int):
        if self.arrived and self.expected != expected:
            raise Violation("barrier-count", f"{expected} threads, others wait for {self.expected}")
        if expected % 32 or not expected or self.arrived + threads > expected:
            raise Violation("barrier-count", f"{self.arrived + threads} threads arrived of {expected}")
        self.expected = expected
        warp.release(self.clock)
        self.arrived += threads
        if self.arrived == expected:
            self.generation += 1
            self.arrived = 0
            self.released = self.clock.copy()


class MBarrier:
    """`completed` counts phases; the parity of the running phase is its lowest bit."""

    def __init__(self, count: int, agent: int, stamp: tuple[int, int], clock: np.ndarray):
        if not 1 <= count <= MAX_TRANSACTIONS:
            raise Violation("mbarrier-count", f"found {count}")
        self.count = self.pending = self.next_count = count
        self.transactions, self.completed, self.agent = 0, 0, agent
        self.initialised = stamp  # (agent, epoch) of the initialising warp
        self.fenced = False  # visible to the async proxy and to other blocks
        self.clock, self.released = clock, clock.copy()

    def arrive(self, count: int = 1):
        if count > self.pending:
            raise Violation("mbarrier-over-arrival", f"{count} arrivals, {self.pending} pending of {self.count}")
        self.pending -= count
        self._complete()

    def transact(self, change: int):
        """expect-tx adds, complete-tx subtracts."""
        self.transactions += change
        if abs(self.transactions) > MAX_TRANSACTIONS:
            raise Violation("transaction-overflow", f"found {self.transactions}")
        self._complete()

    def _complete(self):
        if self.pending == 0 and self.transactions == 0:
            self.completed += 1
            self.pending = self.count = self.next_count
            self.clock[PLAIN, self.agent] = self.completed
            self.released = self.clock.copy()


class Warp:
    def __init__(self, block: "Block", index: int, lanes: int):
        self.block, self.cluster, self.index = block, block.cluster, index
        full = lanes == 32
        self.alive = True if full else lanes > LANES
        self.stack = [[0, -1, self.alive]]  # SIMT stack: next instruction, where its lanes meet others, lanes
        self.done = self.spinning = False
        self.waiting = None  # (barrier, generation) while blocked
        self.cluster_generation = None
        self.assigned: dict[str, np.ndarray] = {}  # lanes that wrote a watched register
        self.local_bytes = self.local_written = None
        agents, name = block.cluster.agents, f"warp {index} of block {block.rank}"
        self.name = name
        self.group = block.groups[index // 4]
        self.agents = [agents.add(name), agents.add(f"bulk copies of {name}"), agents.add(f"cp.async of {name}")]
        self.clock = agents.clock()
        self.clock[PLAIN, self.agents[WARP]] = 1
        # asynchronous work of this warp
        self.copies, self.copy_groups, self.copies_done = [], [], 0
        self.stores, self.store_groups, self.unwritten, self.stores_read, self.store_lane = [], [], [], 0, 0
        self.issued, self.committed, self.waited, self.matrix_group = 0, [], 0, 1
        self.in_flight: dict[str, int] = {}  # accumulator → group number
        self.in_flight_read: dict[str, int] = {}
        self.unfenced: set[str] = set()  # accumulators and A computed since the last wgmma.fence
        self.touched: set[str] = set()  # and those read or moved
        self.fenced = self.fenced_since_wait = False
        # tensor memory: what is known of it since the last tcgen05.fence; loads, and columns that they were for
        self.tensor_clock = self.clock[PLAIN].copy()
        self.tensor_loads, self.tensor_waited = [], []

    # --- clocks

    @property
    def agent(self) -> int:
        return self.agents[WARP]

    @property
    def epoch(self) -> int:
        return int(self.clock[PLAIN, self.agents[WARP]])

    def release(self, clock: np.ndarray):
        np.maximum(clock, self.clock, out=clock)
        self.clock[PLAIN, self.agents[WARP]] += 1

    def acquire(self, clock: np.ndarray):
        np.maximum(self.clock, clock, out=self.clock)

    def group_epoch(self, kind: int) -> int:
        """The epoch of the group that is being collected."""
        if kind == BULK_READS:
            return len(self.store_groups) + self.stores_read + 1
        return len(self.copy_groups) + self.copies_done + 1

    # --- registers

    def check_assigned(self, names, lanes=True):
        """Whether these lanes wrote the registers; only those that some path may read before are watched."""
        for name in self.cluster.launch.program.watched.intersection(names):
            written = self.assigned.get(name)
            if written is None or not (written if lanes is True else written | ~lanes).all():
                self.cluster.fail("uninitialised-register", name)

    def load_registers(self, program: Program):
        files = {c: np.full((program.counts[c], 32), GARBAGE[c], STORAGE[c]) for c in CLASSES}
        for register_class, rows in program.constants.items():
            for bits, row in rows.items():
                files[register_class][row] = bits
        for special, (register_class, row) in program.specials.items():
            files[register_class][row] = self.special(special)
        self.files = [files[c].view(dtype) for c, dtype in VIEW_KEYS]
        self.v = [list(file) for file in self.files]

    def special(self, special) -> np.ndarray:
        block, cluster = self.block, self.cluster
        if isinstance(special, tuple):
            special = special[0]
            program = cluster.launch.program
            if special.name in program.shared_offsets:
                return (block.rank << 24) + program.shared_offsets[special.name] + special.offset
            if special.name in program.local_offsets:
                return LOCAL_WINDOW + program.local_offsets[special.name] + special.offset
            parameter = next(p for p in program.kernel.parameters if p.name == special.name)
            return PARAMETER_BASE + parameter.offset + special.offset
        thread, launch = self.index * 32 + LANES, cluster.launch
        size, grid = len(cluster.blocks_ids), launch.grid
        values = {
            "%laneid": LANES,
            "%warpid": self.index,
            "%nwarpid": -(-launch.threads // 32),
            "%cluster_ctarank": block.rank,
            "%cluster_nctarank": size,
            "%smid": 0,
            "%nsmid": 1,
            "%dynamic_smem_size": launch.dynamic_shared,
            "%is_explicit_cluster": int(size > 1),
            "%total_smem_size": launch.shared_end,
            "%clock": 0,
            "%clock64": 0,
            "%globaltimer": 0,
            "%lanemask_eq": 1 << LANES,
            "%lanemask_lt": (1 << LANES) - 1,
            "%lanemask_le": (2 << LANES) - 1,
            "%lanemask_ge": (0xFFFFFFFF << LANES) & 0xFFFFFFFF,
            "%lanemask_gt": (0xFFFFFFFE << LANES) & 0xFFFFFFFF,
        }
        for axis, letter in enumerate("xyz"):
            first = axis == 0
            values |= {
                f"%tid.{letter}": thread if first else 0,
                f"%ntid.{letter}": launch.threads if first else 1,
                f"%ctaid.{letter}": block.id[axis],
                f"%nctaid.{letter}": grid[axis],
                f"%cluster_ctaid.{letter}": block.rank if first else 0,
                f"%cluster_nctaid.{letter}": size if first else 1,
                f"%clusterid.{letter}": block.id[axis] // size if first else block.id[axis],
                f"%nclusterid.{letter}": grid[axis] // size if first else grid[axis],
            }
        return values[special]


class Warpgroup:
    """The wgmmas of four warps, in order of issue. A wgmma is one operation of the four: who waits for it knows that
    all of it is done."""

    def __init__(self, block: "Block", index: int):
        self.warps: list[Warp] = []
        self.agent = block.cluster.agents.add(f"wgmmas of warpgroup {index} of block {block.rank}")
        self.operations, self.executed = [], 0


class Block:
    def __init__(self, cluster: "Cluster", rank: int, id_: tuple[int, int, int]):
        launch = cluster.launch
        self.cluster, self.rank, self.id = cluster, rank, id_
        self.shared = SharedMemory(cluster.agents, launch.shared_end, launch.ignored)
        self.barriers: dict[int, Barrier] = {}
        self.mbarriers: dict[int, MBarrier] = {}
        self.tensor = None  # tensor memory, from its allocation on
        count = -(-launch.threads // 32)
        self.visitors: dict[int, int] = {}  # warps of other blocks → epoch of their last access
        self.groups = [Warpgroup(self, index) for index in range(-(-count // 4))]
        self.warps = [Warp(self, index, min(32, launch.threads - 32 * index)) for index in range(count)]
        for warp in self.warps:
            warp.group.warps.append(warp)

    @property
    def exited(self) -> bool:
        return all(warp.done for warp in self.warps)

    def visit(self, warp: Warp):
        """A warp accesses this block's shared memory: another block's must have done so before this one exits."""
        if warp.block is not self:
            self.visitors[warp.agent] = warp.epoch

    def check_visitors(self):
        """Whether, at the exit of the last warp, all visits are known to have happened."""
        known = np.max([warp.clock[PLAIN] for warp in self.warps], axis=0)
        for agent, epoch in self.visitors.items():
            if known[agent] < epoch:
                self.cluster.fail("exited-block", f"{self.cluster.agents.names[agent]} visits block {self.rank}")

    def barrier(self, number: int) -> Barrier:
        if number not in self.barriers:
            self.barriers[number] = Barrier(self.cluster.agents.clock())
        return self.barriers[number]


class Cluster:
    """Blocks that run together; clusters run one after another."""

    def __init__(self, launch, ids: list[tuple[int, int, int]], rng: random.Random):
        self.launch, self.blocks_ids, self.rng, self.late = launch, ids, rng, launch.late
        warps = len(ids) * -(-launch.threads // 32)
        self.agents = Agents(warps)
        self.dependency = self.agents.add("the grids before this one")
        self.pending = []  # asynchronous operations that complete on mbarriers
        self.finally_ = []  # writes of bulk stores that only the end of the kernel completes
        self.blocks = [Block(self, rank, id_) for rank, id_ in enumerate(ids)]
        self.barrier = Barrier(self.agents.clock())
        self.threads = len(ids) * launch.threads
        self.counters: Counter = launch.counters
        for block in self.blocks:
            for warp in block.warps:
                warp.load_registers(launch.program)

    def fail(self, check: str, detail: str):
        if check not in self.launch.ignored:
            raise Violation(check, detail)

    def block_of(self, address: int) -> tuple[Block, int]:
        """The block and offset of a shared::cluster address."""
        rank = address >> 24
        if not 0 <= rank < len(self.blocks):
            raise Violation(
                "shared-out-of-bounds", f"address {address:#x} is no shared address of {len(self.blocks)} blocks"
            )
        block = self.blocks[rank]
        if block.exited:
            raise Violation("exited-block", f"block {rank}")
        return block, address & OFFSET_MASK

    def later(self, operation):
        """An asynchronous operation: at once, or as late as possible."""
        if self.late:
            self.pending.append(operation)
        else:
            operation()
