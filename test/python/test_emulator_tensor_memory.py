# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tcgen05 in the emulator: one product into tensor memory, and what can go wrong on its way."""

import numpy as np
import pytest

from emulator import Pointer, TensorMap, Violation, emulate
from emulator_programs import kernel
from test_emulator_matrix import random_matrix

MODES = pytest.mark.parametrize("late", [False, True])
COLUMNS = 48
A_BYTES, B_BYTES = 128 * 128, COLUMNS * 128
LOADED, ENDED, PLACE = (A_BYTES + B_BYTES + 8 * n for n in range(3))
LOAD = "cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes"
TYPES = {"f16": 0, "bf16": 1, "tf32": 2}


def descriptor(offset: int) -> int:
    """Version 1, swizzle of 128 bytes, groups of 8 rows 1024 bytes apart."""
    return offset >> 4 | 1 << 16 | 64 << 32 | 1 << 46 | 2 << 61


def instruction_descriptor(format: str, columns: int = COLUMNS) -> int:
    return 1 << 4 | TYPES[format] << 7 | TYPES[format] << 10 | columns // 8 << 17 | 8 << 24


def product(format="bf16", columns=64, **changes) -> str:
    """Four warps: thread 0 loads and multiplies, all read their lanes; `changes` replace named parts."""
    parts = {
        "alloc": f"tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [smem+{PLACE}], 64;",
        "made": "tcgen05.fence::before_thread_sync; bar.sync 0; tcgen05.fence::after_thread_sync;",
        "descriptor": str(instruction_descriptor(format)),
        "first": "setp.ne.b32 %p3, %r1, %r1;",
        "commit": f"tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64 [smem+{ENDED}];",
        "known": "tcgen05.fence::after_thread_sync;",
        "lane": "shl.b32 %r4, %r2, 21;",
        "wait": "tcgen05.wait::ld.sync.aligned;",
        "read": "tcgen05.fence::before_thread_sync; bar.sync 0; tcgen05.fence::after_thread_sync;",
        "dealloc": "tcgen05.dealloc.cta_group::1.sync.aligned.b32 %r3, 64;",
    } | changes
    kind = "tf32" if format == "tf32" else "f16"
    multiply = ""
    for step in range(4):
        multiply += f"""add.s64 %rd4, %rd2, {step * 2};
            tcgen05.mma.cta_group::1.kind::{kind}.collector::a::discard [%r3], %rd4, %rd3+{step * 2}, %r5, %p3; setp.eq.b32 %p3, %r1, %r1;"""
    loads = ""
    for first in range(0, COLUMNS, 16):
        values = [f"%r{20 + n}" for n in range(16)]
        loads += f"""add.s32 %r6, %r4, {first}; tcgen05.ld.sync.aligned.32x32b.x16.b32 {{{", ".join(values)}}}, [%r6]; {parts["wait"]}"""
        for n, value in enumerate(values):
            loads += f"st.global.b32 [%rd6+{4 * (first + n)}], {value};"
    signed = [value - (1 << 64) if value >> 63 else value for value in (descriptor(0), descriptor(A_BYTES))]
    return kernel(f"""mov.u32 %r1, %tid.x; shr.u32 %r2, %r1, 5; setp.ne.s32 %p1, %r1, 0; setp.ne.s32 %p2, %r2, 1;
        mov.b64 %rd10, p0; mov.b64 %rd11, p1; @%p1 bra MADE;
        mbarrier.init.shared.b64 [smem+{LOADED}], 1; mbarrier.init.shared.b64 [smem+{ENDED}], 1; fence.mbarrier_init.release.cluster;
    MADE: @%p2 bra OWNED; {parts["alloc"]} tcgen05.relinquish_alloc_permit.cta_group::1.sync.aligned;
    OWNED: {parts["made"]} ld.shared.b32 %r3, [smem+{PLACE}]; @%p1 bra READ;
        mbarrier.arrive.expect_tx.shared.b64 _, [smem+{LOADED}], {A_BYTES + B_BYTES};
        {LOAD} [smem], [%rd10, {{0, 0}}], [smem+{LOADED}]; {LOAD} [smem+{A_BYTES}], [%rd11, {{0, 0}}], [smem+{LOADED}];
    FULL: mbarrier.try_wait.parity.shared.b64 %p4, [smem+{LOADED}], 0; @!%p4 bra FULL;
        mov.b64 %rd1, smem; shr.u64 %rd1, %rd1, 4; add.s64 %rd2, %rd1, {signed[0]}; add.s64 %rd3, %rd1, {signed[1]};
        mov.b32 %r5, {parts["descriptor"]}; {parts["first"]} {multiply} {parts["commit"]}
    READ: bar.warp.sync -1;
    SUMS: mbarrier.try_wait.parity.shared.b64 %p5, [smem+{ENDED}], 0; @!%p5 bra SUMS;
        {parts["known"]} {parts["lane"]} add.s32 %r4, %r4, %r3;
        ld.param.b64 %rd6, [p2]; mul.wide.u32 %rd7, %r1, {4 * COLUMNS}; add.s64 %rd6, %rd6, %rd7;
        {loads} {parts["read"]} @%p2 bra END; {parts["dealloc"]} END:""", ("map", "map", "u64"), threads=128)  # fmt: skip


def run(text: str, format="bf16", late=False):
    size = 4 if format == "tf32" else 2
    a_bits, a = random_matrix(1, (128, 128 // size), format)
    b_bits, b = random_matrix(2, (COLUMNS, 128 // size), format)
    out = np.zeros((128, COLUMNS), "f4")
    maps = [TensorMap.of(bits, (128 // size, len(bits)), 128, format) for bits in (a_bits, b_bits)]
    emulate(text, "k", 1, [*maps, Pointer(out)], dynamic_shared=PLACE + 8, late=late)
    return out, a @ b.T


@MODES
@pytest.mark.parametrize("format", TYPES)
def test_product(format, late):
    found, wanted = run(product(format), format, late)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


# The check that fails, and what is changed.
WRONG = {
    "too few columns": ("tensor-memory", dict(
        alloc=f"tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [smem+{PLACE}], 32;",
        dealloc="tcgen05.dealloc.cta_group::1.sync.aligned.b32 %r3, 32;")),
    "columns that are no power of two": ("tensor-memory", dict(
        alloc=f"tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [smem+{PLACE}], 48;")),
    "not given back": ("tensor-memory", dict(dealloc="")),
    "fewer columns given back": ("tensor-memory", dict(dealloc="tcgen05.dealloc.cta_group::1.sync.aligned.b32 %r3, 32;")),
    "lanes of another warp": ("tensor-memory", dict(lane="mov.b32 %r4, 0;")),
    "sums that are added to nothing": ("tensor-memory", dict(first="setp.eq.b32 %p3, %r1, %r1;")),
    "other types": ("descriptor", dict(descriptor=str(instruction_descriptor("tf32")))),
    "8 columns too many": ("descriptor", dict(descriptor=str(instruction_descriptor("bf16", COLUMNS + 8)))),
    "no commit": ("deadlock", dict(commit="")),
    "no fence after the wait for sums": ("race", dict(known="")),
    "no wait for a load": ("register-in-flight", dict(wait="")),
    "no fence after loads": ("race", dict(read="bar.sync 0; tcgen05.fence::after_thread_sync;")),
    "no fence before the tensor memory is given back": ("race", dict(read="tcgen05.fence::before_thread_sync; bar.sync 0;")),
    "the address is read at once": ("uninitialised-shared", dict(made="")),
}  # fmt: skip


@MODES
@pytest.mark.parametrize("name", WRONG)
def test_violation(name, late):
    check, changes = WRONG[name]
    with pytest.raises(Violation) as failure:
        run(product(**changes), late=late)
    assert failure.value.check == check
