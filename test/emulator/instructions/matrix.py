# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mma.sync, ldmatrix and stmatrix.

Source: PTX ISA, "Warp Level Matrix Multiply-Accumulate Instructions", with the fragment layouts of m16n8k4, m16n8k8
and m16n8k16. Products and sums are exact in f32 up to its rounding: the tensor core's own rounding is not modelled.
"""

import numpy as np

from ..checks import Violation
from ..memory import LANES, OFFSET_MASK, bank_conflicts, check_aligned
from ..numbers import bits_of, value_of
from ..ordering import PLAIN
from ..program import Decoder, Effect, Pure, instruction
from ..ptx import Vector
from .synchronization import require_converged

GROUP, MEMBER = LANES // 4, LANES % 4
PER_REGISTER = {"bf16": 2, "f16": 2, "tf32": 1}


def fragment_values(registers: np.ndarray, format: str) -> np.ndarray:
    """[..., lanes] words → [..., lanes, elements] f32, the lower half first."""
    if format == "tf32":
        return value_of(registers, "tf32")[..., None]
    halves = np.ascontiguousarray(registers).view(np.uint16)
    return value_of(halves.reshape(*registers.shape, 2), format)


def place_of_a(register: int, format: str):
    """Rows and columns [lanes, elements] of a register of A: rows alternate by 8, then columns go on."""
    count = PER_REGISTER[format]
    rows = np.broadcast_to((GROUP + 8 * (register & 1))[:, None], (32, count))
    columns = (MEMBER * count + 4 * count * (register >> 1))[:, None] + np.arange(count)
    return rows, columns


def place_of_b(register: int, format: str):
    """k and n of a register of B."""
    count = PER_REGISTER[format]
    k = (MEMBER * count + 4 * count * register)[:, None] + np.arange(count)
    return k, np.broadcast_to(GROUP[:, None], (32, count))


@instruction("mma.sync.aligned")
def multiply_accumulate(d: Decoder, item):
    shape, a_layout, b_layout, *types = item.parts[3:]
    if not shape.startswith("m16n8k") or (a_layout, b_layout) != ("row", "col") or len(types) != 4:
        raise d.error("expected mma.sync.aligned.m16n8k….row.col with four types")
    accumulator, a_format, b_format, c_type = types
    depth = int(shape.removeprefix("m16n8k"))
    known = {("bf16", 8), ("bf16", 16), ("f16", 8), ("f16", 16), ("tf32", 4), ("tf32", 8)}
    if (
        a_format != b_format
        or (a_format, depth) not in known
        or accumulator != c_type
        or accumulator not in ("f32", "f16")
    ):
        raise d.error("this mma is not modelled")
    vectors = [operand.elements for operand in item.operands if isinstance(operand, Vector)]
    per = 4 * PER_REGISTER[a_format]
    a_count, b_count, c_count = 2 * depth // per, depth // per, 4 if accumulator == "f32" else 2
    if [len(v) for v in vectors] != [c_count, a_count, b_count, c_count]:
        raise d.error(f"expected {c_count}, {a_count}, {b_count}, {c_count} registers")
    word = "f32" if accumulator == "f32" else "b32"
    sources = [d.source(e, "b32") for e in (*vectors[1], *vectors[2])] + [d.source(e, word) for e in vectors[3]]
    targets = tuple(d.destination(e, word) for e in vectors[0])
    a_places = [place_of_a(n, a_format) for n in range(a_count)]
    b_places = [place_of_b(n, a_format) for n in range(b_count)]

    def product(rows):
        lead = rows[0].shape[:-1]
        a, b = np.zeros((*lead, 16, depth), np.float32), np.zeros((*lead, depth, 8), np.float32)
        for (r, c), x in zip(a_places, rows[:a_count], strict=True):
            a[..., r, c] = fragment_values(x, a_format)
        for (r, c), x in zip(b_places, rows[a_count:], strict=True):
            b[..., r, c] = fragment_values(x, a_format)
        return a @ b

    def compute(*rows):
        result, c = product(rows[: a_count + b_count]), rows[a_count + b_count :]
        if accumulator == "f32":
            return tuple(result[..., GROUP + 8 * (n >> 1), 2 * MEMBER + (n & 1)] + c[n] for n in range(4))
        out = []
        for n in range(2):
            sums = [result[..., GROUP + 8 * n, 2 * MEMBER + e] + fragment_values(c[n], "f16")[..., e] for e in (0, 1)]
            low, high = (bits_of(s, "f16").astype(np.uint32) for s in sums)
            out.append(high << np.uint32(16) | low)
        return tuple(out)

    return Pure((item.opcode,), compute, targets, tuple(sources), aligned=True)


def _matrix_rows(w, addresses, count):
    """Offsets of the rows [8 · count] of 16 bytes; lanes 8i ... 8i + 7 name those of matrix i."""
    rows = addresses[: 8 * count]
    check_aligned(rows, 16)
    if (rows >> 24 != w.block.rank).any():
        raise Violation("shared-of-other-block", "ldmatrix and stmatrix take the own block's shared memory")
    offsets = rows & OFFSET_MASK
    w.block.shared.check_bounds(offsets, 16)
    w.cluster.counters["bank conflicts"] += bank_conflicts(offsets, 16)
    return offsets


def _words(offsets):
    return ((offsets >> 1)[:, None] + np.arange(8)).reshape(-1)


def _settings(d, item):
    count = {"x1": 1, "x2": 2, "x4": 4}[item.parts[4]]
    if item.parts[3] != "m8n8" or item.parts[-1] != "b16":
        raise d.error("only m8n8 matrices of b16 are modelled")
    return count, "trans" in item.parts


@instruction("ldmatrix.sync.aligned")
def load_matrix(d, item):
    count, transposed = _settings(d, item)
    targets = [d.destination(e, "b32") for e in d.elements(item.operands[0])]
    address = d.address(item.operands[1])

    def run(w, m):
        require_converged(w, m)
        offsets = _matrix_rows(w, address(w), count)
        shared, words = w.block.shared, _words(offsets)
        shared.history.check_read(words, w.clock, PLAIN, "ldmatrix")
        shared.history.note_read(words, w.agent, w.epoch)
        matrices = shared.views[2][words].reshape(count, 8, 8)
        if transposed:
            matrices = matrices.transpose(0, 2, 1)
        pairs = np.ascontiguousarray(matrices).reshape(count, 64).view(np.uint32)
        for (view, row), pair in zip(targets, pairs, strict=True):
            w.v[view][row][:] = pair

    return Effect(run)


@instruction("stmatrix.sync.aligned")
def store_matrix(d, item):
    count, transposed = _settings(d, item)
    sources = [d.source(e, "b32") for e in d.elements(item.operands[1])]
    address = d.address(item.operands[0])

    def run(w, m):
        require_converged(w, m)
        offsets = _matrix_rows(w, address(w), count)
        if len(np.unique(offsets)) != len(offsets):
            raise Violation("race", "two rows of one stmatrix at the same address")
        matrices = np.stack([w.v[view][row] for view, row in sources]).view(np.uint16).reshape(count, 8, 8)
        if transposed:
            matrices = matrices.transpose(0, 2, 1)
        shared, words = w.block.shared, _words(offsets)
        shared.history.write(words, w.clock, PLAIN, w.agent, w.epoch, "stmatrix")
        shared.views[2][words] = matrices.reshape(-1)

    return Effect(run)
