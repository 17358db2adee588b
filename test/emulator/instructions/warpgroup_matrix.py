# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""wgmma: asynchronous products of a warpgroup, with operands in shared memory or A in registers.

Source: PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions", "Matrix Descriptor Format", "Strides", "Canonical
Layouts". Neighbouring products into the same registers run as one; with `late` they run at the wait, otherwise when
all four warps have committed them. LLVM sinks what computes A's registers, and copies of accumulators, below
wgmma.fence; ptxas then orders them itself, or says C75xx. So these fail no check; for A they are counted. The tensor
core's own rounding is not modelled.
"""

import re

import numpy as np

from ..checks import Violation
from ..numbers import value_of
from ..ordering import ASYNC, PLAIN, Region
from ..program import BLOCKED, Decoder, Effect, instruction, view_of
from ..ptx import Vector
from ..tensor_map import swizzled
from .matrix import GROUP, MEMBER, fragment_values, place_of_a
from .synchronization import require_converged

ELEMENT_BYTES = {"bf16": 2, "f16": 2, "tf32": 4}
SWIZZLES = {0: 0, 1: 128, 2: 64, 3: 32}


class MatrixOperand:
    """Where the elements of a descriptor's matrix lie: addresses [rows, depth]."""

    def __init__(self, descriptor: int, rows: int, format: str, transposed: bool):
        size = ELEMENT_BYTES[format]
        start = (descriptor & 0x3FFF) << 4
        leading, stride = ((descriptor >> 16) & 0x3FFF) << 4, ((descriptor >> 32) & 0x3FFF) << 4
        swizzle = SWIZZLES[descriptor >> 62]
        if (descriptor >> 49) & 7 or descriptor & (0xC000 | 0xC000 << 16 | 0xC000 << 32):
            raise Violation("descriptor", f"{descriptor:#x} has a base offset or reserved bits")
        row, byte = np.arange(rows)[:, None], np.arange(32 // size)[None, :] * size
        if not transposed:  # rows of `swizzle` bytes along K, 8 of them to a pattern; or 8 × 16-byte core matrices
            if swizzle:
                addresses = start + row // 8 * stride + row % 8 * swizzle + byte
            else:
                addresses = start + row // 8 * stride + row % 8 * 16 + byte // 16 * leading + byte % 16
        else:  # the other axis is contiguous
            k, along = np.arange(32 // size)[None, :], row * size
            if size != 2:
                raise Violation("descriptor", "only 16-bit matrices can be transposed")
            if swizzle:
                addresses = start + along // swizzle * leading + k // 8 * stride + k % 8 * swizzle + along % swizzle
            else:
                addresses = start + along // 16 * stride + k // 8 * leading + k % 8 * 16 + along % 16
        addresses = swizzled(addresses, swizzle)
        self.last, self.index, self.view = int(addresses.max()) + size, addresses // size, size
        words = addresses >> 1 if size == 2 else np.stack([addresses >> 1, (addresses >> 1) + 1], -1)
        self.region, self.format = Region(words.reshape(-1)), format

    def read(self, shared) -> np.ndarray:
        return value_of(shared.views[self.view][self.index], self.format)


_operands: dict[tuple, MatrixOperand] = {}


def matrix_operand(w, descriptor: int, rows: int, format: str, transposed: bool) -> MatrixOperand:
    key = (descriptor, rows, format, transposed)
    if key not in _operands:
        _operands[key] = MatrixOperand(*key)
    operand = _operands[key]
    w.block.shared.check_bounds(operand.region.first * 2, operand.last - operand.region.first * 2)
    return operand


class Operation:
    """One wgmma as its warps issue it."""

    def __init__(self, index, shape, a, b, accumulate, signs):
        self.index, self.shape = index, shape  # instruction; (n, format)
        self.a, self.b, self.accumulate, self.signs = a, b, accumulate, signs
        self.warps, self.committed = 1, 0
        self.stamps = None


@instruction("wgmma.mma_async.sync.aligned")
def multiply(d: Decoder, item):
    match = re.fullmatch(r"m64n(\d+)k(\d+)", item.parts[4])
    result, a_format, b_format = item.parts[5:8] if len(item.parts) == 8 else (None,) * 3
    n, depth = (int(match[1]), int(match[2])) if match else (0, 0)
    if result != "f32" or a_format != b_format or a_format not in ELEMENT_BYTES:
        raise d.error("only bf16, f16 and tf32 with f32 results are modelled")
    if n % 8 or not 8 <= n <= 256 or depth * ELEMENT_BYTES[a_format] != 32:
        raise d.error("expected n a multiple of 8 up to 256 and k of 32 bytes")
    operands = list(item.operands)
    accumulators = d.elements(operands.pop(0))
    if len(accumulators) != n // 2:
        raise d.error(f"expected {n // 2} accumulators, found {len(accumulators)}")
    a, b, scale_d, sign_a, sign_b, *transposes = operands
    in_registers = isinstance(a, Vector)
    expected = (1 if in_registers else 2) if a_format != "tf32" else 0
    if len(transposes) != expected:
        raise d.error(f"expected {expected} transpose flags, found {len(transposes)}")
    transpose_b = bool(transposes[-1].bits) if transposes else False
    transpose_a = bool(transposes[0].bits) if len(transposes) == 2 else False
    rows = np.array([d.destination(element, "f32")[1] for element in accumulators])
    names = [element.name for element in accumulators]
    d.conditional_reads.update(names)  # if scale-d is true
    a_names = [e.name for e in a.elements] if in_registers else []
    a_rows = [d.source(e, "b32")[1] for e in a.elements] if in_registers else d.source(a, "u64")
    b_row, scale = d.source(b, "u64"), d.source(scale_d, "pred")
    signs = sign_a.bits * sign_b.bits
    d.program.wgmma_registers.update(names, a_names)
    index = len(d.program.decoded)
    shape = (n, a_format)
    f32_view, u32_view = view_of("f32"), view_of("b32")
    layout = (rows, f32_view, a_rows, u32_view)

    def uniform(w, row):
        values = w.v[row[0]][row[1]]
        if not (values == values[0]).all():
            raise Violation("descriptor", "lanes hold different values")
        return int(values[0])

    def run(w, m):
        if m is not True:
            raise Violation("divergent-aligned", f"{int(m.sum())} lanes")
        late = w.unfenced if w.fenced_since_wait else w.unfenced | w.touched
        if not w.fenced or not late.isdisjoint(names):
            late_writes = sorted(late.intersection(names))[:4]
            w.cluster.fail("wgmma-fence-missing", ", ".join(late_writes) or "none was executed")
        if not w.unfenced.isdisjoint(a_names):
            w.cluster.counters["A registers written after wgmma.fence"] += 1
        a_value = None if in_registers else matrix_operand(w, uniform(w, a_rows), 64, a_format, transpose_a)
        b_value = matrix_operand(w, uniform(w, b_row), n, a_format, transpose_b)
        accumulate = bool(uniform(w, scale))
        if accumulate:
            w.check_assigned(names)
        group = w.group
        if len(group.warps) != 4:
            raise Violation("warpgroup-mismatch", f"{len(group.warps)} warps")
        if w.issued == len(group.operations):
            operation = Operation(index, shape, a_value, b_value, accumulate, signs)
            operation.layout = layout
            operation.stamps = _stamps(w, a_value, b_value)
            group.operations.append(operation)
            for operand in (a_value, b_value):
                if operand is not None:
                    w.block.shared.history.note_region_read(operand.region, group.agent, len(group.operations))
        else:
            operation = group.operations[w.issued]
            same = (operation.index, operation.a, operation.b, operation.accumulate) == (
                index,
                a_value,
                b_value,
                accumulate,
            )
            if not same:
                raise Violation("warpgroup-mismatch", f"{w.name} differs from the warp that issued first")
            operation.warps += 1
        w.block.shared.history.check_stamps(operation.stamps, w.clock, ASYNC, True, "an operand of wgmma")
        w.issued += 1
        w.in_flight.update(dict.fromkeys(names, w.matrix_group))
        w.in_flight_read.update(dict.fromkeys(a_names, w.matrix_group))
        w.cluster.counters["wgmma"] += 1

    return Effect(run, waits=True)


def _stamps(w, *operands):
    history = w.block.shared.history
    return sorted({s for o in operands if o is not None for s in history.stamps(o.region.words)})


@instruction("wgmma.fence.sync.aligned")
def fence(d, item):
    def run(w, m):
        require_converged(w, m)
        w.fenced = w.fenced_since_wait = True
        w.unfenced.clear()
        w.touched.clear()

    return Effect(run, waits=True)  # what stands before it must have been counted


@instruction("wgmma.commit_group.sync.aligned")
def commit(d, item):
    def run(w, m):
        require_converged(w, m)
        group = w.group
        start = w.committed[-1] if w.committed else w.waited
        for operation in group.operations[start : w.issued]:
            operation.committed += 1
        w.committed.append(w.issued)
        w.matrix_group += 1
        if not w.cluster.late:
            ready = group.executed
            while ready < len(group.operations) and group.operations[ready].committed == 4:
                ready += 1
            execute(group, ready)

    return Effect(run)


@instruction("wgmma.wait_group.sync.aligned")
def wait(d, item):
    allowed = item.operands[0].bits

    def run(w, m):
        require_converged(w, m)
        group = w.group
        if len(w.committed) > allowed:
            end = w.committed[len(w.committed) - allowed - 1]
            if any(operation.warps < 4 for operation in group.operations[w.waited : end]):
                return BLOCKED
            execute(group, max(end, group.executed))
            w.fenced_since_wait = False
            w.waited = end
            del w.committed[: len(w.committed) - allowed]
        finished = w.matrix_group - len(w.committed) - 1
        w.clock[PLAIN, group.agent] = w.waited
        w.in_flight = {name: g for name, g in w.in_flight.items() if g > finished}
        w.in_flight_read = {name: g for name, g in w.in_flight_read.items() if g > finished}
        return None

    return Effect(run, waits=True)


_D_ROWS = {}


def _result_places(n: int):
    """Row within the warp's 16 and column [registers, lanes] of the accumulators."""
    if n not in _D_ROWS:
        register = np.arange(n // 2)[:, None]
        _D_ROWS[n] = (GROUP + 8 * (register >> 1 & 1), register // 4 * 8 + MEMBER * 2 + (register & 1))
    return _D_ROWS[n]


def execute(group, end: int):
    """Runs the operations up to `end` in order; neighbours with the same accumulators as one product."""
    while group.executed < end:
        first = group.operations[group.executed]
        stop = group.executed + 1
        while stop < end and _continues(first, group.operations[stop]):
            stop += 1
        operations = group.operations[group.executed : stop]
        shared = group.warps[0].block.shared
        a = np.concatenate([_left(group, operation, shared) for operation in operations], axis=1)
        b = np.concatenate([operation.b.read(shared) for operation in operations], axis=1)
        product = a @ b.T
        rows, view, _, _ = first.layout
        r, c = _result_places(first.shape[0])
        for number, warp in enumerate(group.warps):
            fragment = product[16 * number + r, c]
            if first.accumulate:
                fragment = fragment + warp.files[view][rows]
            warp.files[view][rows] = fragment
        group.executed = stop


def _continues(first: Operation, other: Operation) -> bool:
    same = other.shape == first.shape and other.accumulate and np.array_equal(other.layout[0], first.layout[0])
    return same


def _left(group, operation, shared):
    if operation.a is not None:
        a = operation.a.read(shared)
    else:
        _, _, rows, view = operation.layout
        format = operation.shape[1]
        a = np.zeros((64, 32 // ELEMENT_BYTES[format]), np.float32)
        for number, warp in enumerate(group.warps):
            for register, row in enumerate(rows):
                r, c = place_of_a(register, format)
                a[16 * number + r, c] = fragment_values(warp.v[view][row], format)
    return a if operation.signs == 1 else -a
