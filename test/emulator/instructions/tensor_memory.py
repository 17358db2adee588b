# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tcgen05: products of one thread into tensor memory, and loads from it.

Source: PTX ISA, "TensorCore 5th Generation Family Instructions": "Tensor Memory", "Instruction descriptor", "Shared
memory descriptor", "Memory Consistency Model". Modelled: cta_group::1 with 128 rows, factors in shared memory that
are swizzled by 128 bytes and have their columns side by side, kinds f16 and tf32; loads of shape 32x32b. With `late`,
products run when a commit of them completes, loads at the wait. No hardware has confirmed this model.
"""

import numpy as np

from ..checks import Violation
from ..memory import words_of
from ..ordering import ASYNC, PLAIN
from ..program import Decoder, Effect, instruction, view_of
from ..ptx import Sum
from .asynchronous_copy import _targets, single_lane
from .synchronization import check_visible, mbarrier_at, require_converged
from .warpgroup_matrix import _stamps, matrix_operand

COLUMNS, ROWS = 512, 128
UNKNOWN = 1 << 40  # an epoch that nobody knows of
FORMATS = {"f16": {0: "f16", 1: "bf16"}, "tf32": {2: "tf32"}}


class TensorMemory:
    """That of one block, and the products into it in order of issue."""

    def __init__(self, block):
        self.values = np.full((ROWS, COLUMNS), 0xCDCDCDCD, np.uint32).view(np.float32)
        self.agent = block.cluster.agents.add(f"tcgen05 of block {block.rank}")
        self.allocations: dict[int, int] = {}
        self.owner = self.issuer = None  # warps
        self.stamp, self.relinquished = 0, False  # epoch of the owner when it allocated
        self.operations, self.executed = [], 0
        self.written = np.zeros(COLUMNS, np.int64)  # number of the last product
        self.reads: dict[int, np.ndarray] = {}  # agent → epoch per column

    def columns(self, w, first: int, count: int) -> slice:
        inside = any(start <= first and first + count <= start + size for start, size in self.allocations.items())
        if not inside or w.tensor_clock[self.owner.agent] < self.stamp:
            raise Violation("tensor-memory", f"columns {first} to {first + count - 1} are not allocated")
        return slice(first, first + count)


def memory_of(w) -> TensorMemory:
    if w.block.tensor is None:
        w.block.tensor = TensorMemory(w.block)
    return w.block.tensor


def uniform(w, source) -> int:
    values = w.v[source[0]][source[1]]
    if not (values == values[0]).all():
        raise Violation("descriptor", "lanes hold different values")
    return int(values[0])


@instruction("tcgen05.alloc.cta_group::1.sync.aligned")
def allocate(d: Decoder, item):
    address, count = d.address(item.operands[0]), d.source(item.operands[1], "u32")

    def run(w, m):
        require_converged(w, m)
        memory, columns = memory_of(w), uniform(w, count)
        if columns not in (32, 64, 128, 256, 512) or memory.relinquished or memory.allocations:
            raise Violation("tensor-memory", f"{columns} columns are asked for")
        first = COLUMNS - columns
        memory.allocations[first] = columns
        memory.owner, memory.stamp = w, w.epoch
        w.tensor_clock = w.clock[PLAIN].copy()
        block, offset = w.cluster.block_of(int(address(w)[0]))
        block.shared.check_bounds(offset, 4)
        words = words_of(np.array([offset]), 4)
        block.shared.history.write(words, w.clock, PLAIN, w.agent, w.epoch, "the address of tensor memory")
        block.shared.views[4][offset >> 2] = first

    return Effect(run)


@instruction("tcgen05.relinquish_alloc_permit.cta_group::1.sync.aligned")
def relinquish(d, item):
    def run(w, m):
        require_converged(w, m)
        memory_of(w).relinquished = True

    return Effect(run)


@instruction("tcgen05.dealloc.cta_group::1.sync.aligned")
def deallocate(d, item):
    address, count = d.source(item.operands[0], "u32"), d.source(item.operands[1], "u32")

    def run(w, m):
        require_converged(w, m)
        memory, first, columns = memory_of(w), uniform(w, address), uniform(w, count)
        if memory.owner is not w or memory.allocations.get(first) != columns:
            raise Violation("tensor-memory", f"{columns} columns from {first} on are given back")
        check_reads(w, memory, slice(first, first + columns))
        check_products(w, memory, slice(first, first + columns))
        del memory.allocations[first]

    return Effect(run)


def check_reads(w, memory, columns):
    for agent, epochs in memory.reads.items():
        if epochs[columns].max() > w.tensor_clock[agent]:
            w.cluster.fail("race", f"tensor memory while {w.cluster.agents.names[agent]} may still read it")


def check_products(w, memory, columns):
    if memory.written[columns].max() > w.tensor_clock[memory.agent]:
        w.cluster.fail("race", "tensor memory before its product is known to have ended")


@instruction("tcgen05.fence::before_thread_sync")
def fence_before(d, item):
    """Loads that were waited for are known to who learns of this warp's next arrival."""

    def run(w, m):
        for columns in w.tensor_waited:
            memory_of(w).reads[w.agent][columns] = w.epoch
        w.tensor_waited = []

    return Effect(run)


@instruction("tcgen05.fence::after_thread_sync")
def fence_after(d, item):
    def run(w, m):
        w.tensor_clock = w.clock[PLAIN].copy()

    return Effect(run)


class Operation:
    def __init__(self, a, b, columns, accumulate):
        self.a, self.b, self.columns, self.accumulate = a, b, columns, accumulate


def tile(w, descriptor: int, rows: int, format: str):
    """The operand of wgmma with the same bits, apart from version and swizzle."""
    if descriptor >> 46 & 7 != 1 or descriptor >> 61 != 2 or descriptor >> 52 & 0x1FF:
        raise Violation("descriptor", f"{descriptor:#x} has no version, no swizzle of 128 bytes or reserved bits")
    return matrix_operand(w, descriptor & ~(7 << 46 | 7 << 61) | 1 << 62, rows, format, False)


def shape_of(bits: int, kind: str) -> tuple[int, str]:
    """The columns and the format of an instruction descriptor."""
    columns, rows, format = (bits >> 17 & 63) * 8, (bits >> 24 & 31) * 16, bits >> 7 & 7
    known = 1 << 4 | format << 7 | format << 10 | columns // 8 << 17 | rows // 16 << 24
    if bits != known or rows != ROWS or columns % 16 or not 16 <= columns <= 256 or format not in FORMATS[kind]:
        raise Violation("descriptor", f"instruction descriptor {bits:#x} of kind {kind}")
    return columns, FORMATS[kind][format]


def descriptor(d, operand):
    """A function of warp and lane that gives a matrix descriptor."""
    base, offset = (operand.base, operand.offset) if isinstance(operand, Sum) else (operand, 0)
    view, row = d.source(base, "u64")
    return lambda w, lane: int(w.v[view][row][lane]) + offset


@instruction("tcgen05.mma.cta_group::1")
def multiply(d, item):
    kind = item.parts[3].removeprefix("kind::")
    if kind not in FORMATS or len(item.operands) != 5:
        raise d.error("only kinds f16 and tf32 are modelled")
    target = d.address(item.operands[0])
    a, b, bits = descriptor(d, item.operands[1]), descriptor(d, item.operands[2]), d.source(item.operands[3], "u32")
    accumulates = d.source(item.operands[4], "pred")

    def run(w, m):
        lane = single_lane(m)
        value = lambda source: int(w.v[source[0]][source[1]][lane])  # noqa: E731
        memory = memory_of(w)
        if memory.issuer not in (None, w):
            raise Violation("tensor-memory", "two warps multiply")
        memory.issuer = w
        count, format = shape_of(value(bits), kind)
        address = int(target(w)[lane])
        if address >> 16:
            raise Violation("tensor-memory", f"sums from lane {address >> 16} on")
        columns = memory.columns(w, address, count)
        check_reads(w, memory, columns)
        accumulate = bool(value(accumulates))
        if accumulate and not memory.written[columns].all():
            raise Violation("tensor-memory", "sums are added to that nothing has written")
        operation = Operation(
            tile(w, a(w, lane), ROWS, format), tile(w, b(w, lane), count, format), columns, accumulate
        )
        memory.operations.append(operation)
        memory.written[columns] = len(memory.operations)
        history = w.block.shared.history
        history.check_stamps(_stamps(w, operation.a, operation.b), w.clock, ASYNC, True, "an operand of tcgen05.mma")
        for operand in (operation.a, operation.b):
            history.note_region_read(operand.region, memory.agent, len(memory.operations))
        w.cluster.counters["tcgen05.mma"] += 1

    return Effect(run, waits=True)


def execute(block, end: int):
    memory = block.tensor
    for operation in memory.operations[memory.executed : end]:
        product = operation.a.read(block.shared) @ operation.b.read(block.shared).T
        if operation.accumulate:
            product = product + memory.values[:, operation.columns]
        memory.values[:, operation.columns] = product
    memory.executed = max(memory.executed, end)


@instruction("tcgen05.commit.cta_group::1.mbarrier::arrive::one")
def commit(d, item):
    barrier = d.address(item.operands[0])
    mask = d.source(item.operands[1], "b16") if "multicast::cluster" in item.parts else None

    def run(w, m):
        lane = single_lane(m)
        memory, place = memory_of(w), int(barrier(w)[lane])
        end, clock, own = len(memory.operations), w.clock.copy(), w.block
        found = []
        for block in _targets(w, item, place, mask, lane):
            found.append(mbarrier_at(w, block.rank << 24 | place & ((1 << 24) - 1)))
            check_visible(w, found[-1])
        w.clock[PLAIN, w.agent] += 1

        def complete(mbarrier):
            execute(own, end)
            np.maximum(mbarrier.clock, clock, out=mbarrier.clock)
            mbarrier.clock[PLAIN, memory.agent] = max(mbarrier.clock[PLAIN, memory.agent], end)
            mbarrier.arrive()

        for mbarrier in found:
            w.cluster.later(lambda mbarrier=mbarrier: complete(mbarrier))

    return Effect(run, waits=True)


@instruction("tcgen05.ld.sync.aligned.32x32b")
def load(d, item):
    elements = d.elements(item.operands[0])
    if item.parts[5] != f"x{len(elements)}" or item.parts[6:] != ("b32",):
        raise d.error("expected as many registers as columns")
    rows = np.array([d.destination(element, "f32")[1] for element in elements])
    names, view, address = [element.name for element in elements], view_of("f32"), d.address(item.operands[1])

    def run(w, m):
        require_converged(w, m)
        memory, addresses = memory_of(w), address(w)
        place = int(addresses[0])
        if not (addresses == place).all() or place >> 16 != 32 * (w.index % 4):
            raise Violation("tensor-memory", f"warp {w.index} reads from lane {place >> 16} on")
        columns = memory.columns(w, place & 0xFFFF, len(names))
        check_products(w, memory, columns)
        memory.reads.setdefault(w.agent, np.zeros(COLUMNS, np.int64))[columns] = UNKNOWN

        def perform():
            lanes = slice(place >> 16, (place >> 16) + 32)
            w.files[view][rows] = memory.values[lanes, columns].T

        if w.cluster.late:
            w.files[view][rows] = np.nan
            w.tensor_loads.append((perform, columns))
        else:
            perform()
            w.tensor_loads.append((None, columns))
        w.in_flight.update(dict.fromkeys(names, 1))

    return Effect(run, waits=True)


@instruction("tcgen05.wait::ld.sync.aligned")
def wait(d, item):
    def run(w, m):
        require_converged(w, m)
        for perform, columns in w.tensor_loads:
            if perform:
                perform()
            w.tensor_waited.append(columns)
        w.tensor_loads = []
        w.in_flight.clear()

    return Effect(run, waits=True)
