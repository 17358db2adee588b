# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Memory spaces, asynchronous copies, lanes that diverge, and instructions across lanes, in the emulator."""

import numpy as np
import pytest

from emulator import Pointer, PTXError, TensorMap, Violation, emulate
from emulator_programs import kernel, per_lane, words

MODES = pytest.mark.parametrize("late", [False, True])
LOAD = "cp.async.bulk.tensor.{rank}d.shared::cta.global.tile.mbarrier::complete_tx::bytes"
STORE = "cp.async.bulk.tensor.{rank}d.global.shared::cta.tile.bulk_group"


# --- ld, st, atom, red


def test_vectors_and_narrow_types():
    source = np.arange(32 * 16, dtype="u1")
    target = np.zeros(32 * 16, "u1")
    body = """mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, 16; ld.param.u64 %rd2, [p0]; ld.param.u64 %rd3, [p1];
        cvta.to.global.u64 %rd2, %rd2; add.s64 %rd2, %rd2, %rd1; add.s64 %rd3, %rd3, %rd1;
        ld.global.nc.L1::no_allocate.v4.b32 {%r2, %r3, %r4, %r5}, [%rd2];
        ld.global.s8 %r6, [%rd2+1]; ld.global.u16 %rs1, [%rd2+2]; ld.volatile.global.v2.b64 {%rd4, %rd5}, [%rd2];
        st.global.v2.b32 [%rd3], {%r2, %r3}; st.global.b32 [%rd3+8], %r6; st.global.b8 [%rd3+12], %rs1; st.global.b16 [%rd3+14], %rs1;"""
    emulate(kernel(body, ("u64", "u64")), "k", 1, [Pointer(source), Pointer(target)])
    rows, found = source.reshape(32, 16), target.reshape(32, 16)
    np.testing.assert_array_equal(found[:, :8], rows[:, :8])
    np.testing.assert_array_equal(found[:, 8:12].copy().view("i4")[:, 0], rows[:, 1].view("i1").astype("i4"))
    np.testing.assert_array_equal(found[:, 12], rows[:, 2])
    np.testing.assert_array_equal(found[:, 13], 0)
    np.testing.assert_array_equal(found[:, 14:], rows[:, 2:4])


def test_generic_shared_and_local_addresses():
    body = """mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, 4; mov.b64 %rd2, smem; add.s64 %rd3, %rd2, %rd1; cvta.shared.u64 %rd4, %rd3;
        st.b32 [%rd4], %r1; ld.shared.b32 {o0}, [%rd3]; cvta.to.shared.u64 %rd5, %rd4; sub.s64 {o1}, %rd5, %rd3;
        mov.b64 %rd6, frame; st.local.b32 [%rd6+4], %r1; cvta.local.u64 %rd7, %rd6; ld.b32 {o2}, [%rd7+4];
        isspacep.shared %p1, %rd4; selp.b32 {o3}, 1, 0, %p1;"""
    own, zero, local, is_shared = per_lane(".local .align 4 .b8 frame[8];" + body, [], ["u4", "u8", "u4", "u4"], dynamic_shared=256)
    np.testing.assert_array_equal(own, np.arange(32))
    np.testing.assert_array_equal(local, np.arange(32))
    assert (zero == 0).all() and (is_shared == 1).all()


def test_static_shared_memory_stands_beside_dynamic():
    body = """mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, 4; mov.b64 %rd2, fixed; add.s64 %rd3, %rd2, %rd1;
        mov.b64 %rd4, smem; add.s64 %rd5, %rd4, %rd1; st.shared.b32 [%rd3], %r1; st.shared.b32 [%rd5], 7; ld.shared.b32 {o0}, [%rd3];
        and.b64 {o1}, %rd4, 1023;"""
    own, alignment = per_lane(".shared .align 4 .b8 fixed[128];" + body, [], ["u4", "u8"], dynamic_shared=128)
    np.testing.assert_array_equal(own, np.arange(32))
    assert (alignment == 0).all()


@pytest.mark.parametrize("space", ["global", "shared"])
@pytest.mark.parametrize("operation, type_", [("add", "u32"), ("add", "f32"), ("min", "s32"), ("max", "u32"), ("and", "b32"),
                                              ("or", "b32"), ("xor", "b32"), ("add", "f16x2"), ("add", "bf16x2")])  # fmt: skip
def test_atomics_meet_at_one_address(operation, type_, space):
    """All lanes update the same word."""
    dtype = {"f32": "f4", "s32": "i4", "f16x2": "f2"}.get(type_, "u4")
    x = words(1, "u4")
    if type_ == "f32":
        x = np.arange(32, dtype="f4")
    elif type_.endswith("x2"):
        x = np.full(64, 2, "f2").view("u4") if type_ == "f16x2" else np.full(32, 0x40004000, "u4")
    result = np.zeros(1, "u4")
    suffix = ".noftz" if type_.endswith("x2") else ""
    body = f"""mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, 4; ld.param.u64 %rd2, [p0]; add.s64 %rd2, %rd2, %rd1; ld.global.b32 %r2, [%rd2];
        ld.param.u64 %rd3, [p1]; mov.b64 %rd4, smem; setp.ne.s32 %p1, %r1, 0; @%p1 bra SET; st.shared.b32 [%rd4], 0;
    SET: bar.warp.sync -1; red.{space}.{operation}{suffix}.{type_} [{"%rd3" if space == "global" else "%rd4"}], %r2;"""
    if space == "shared":
        body += "ld.shared.b32 %r3, [%rd4]; st.global.b32 [%rd3], %r3;"
    emulate(kernel(body, ("u64", "u64")), "k", 1, [Pointer(x), Pointer(result)], dynamic_shared=64)
    if type_.endswith("x2"):
        expected = np.full(2, 64, "f2").view("u4")[0] if type_ == "f16x2" else 0x42804280
        assert result[0] == expected
        return
    function = {"add": np.add, "min": np.minimum, "max": np.maximum, "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}
    typed = x.view(dtype)
    expected = function[operation].reduce(np.concatenate([np.zeros(1, dtype), typed]).astype(dtype))
    assert result.view(dtype)[0] == dtype_cast(expected, dtype)


def dtype_cast(value, dtype):
    return np.array(value).astype(dtype)


def test_atomics_return_the_old_value():
    counter, old = np.zeros(3, "u4"), np.zeros((3, 32), "u4")
    body = """mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, 4; ld.param.u64 %rd2, [p0]; ld.param.u64 %rd3, [p1]; add.s64 %rd3, %rd3, %rd1;
        atom.global.add.u32 %r2, [%rd2], 1; st.global.b32 [%rd3], %r2; atom.global.inc.u32 %r3, [%rd2+4], 9; st.global.b32 [%rd3+128], %r3;
        atom.acq_rel.gpu.global.cas.b32 %r4, [%rd2+8], %r1, 100; atom.global.exch.b32 %r5, [%rd2+8], %r1; st.global.b32 [%rd3+256], %r4;"""
    emulate(kernel(body, ("u64", "u64")), "k", 1, [Pointer(counter), Pointer(old)])
    assert counter[0] == 32 and sorted(old[0]) == list(range(32))
    np.testing.assert_array_equal(old[1], np.arange(32) % 10)
    assert old[2][0] == 0 and counter[2] == 31


def test_vector_reduction_and_distinct_addresses():
    target = np.arange(128, dtype="f4")
    body = """mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, 16; ld.param.u64 %rd2, [p0]; add.s64 %rd2, %rd2, %rd1; mov.b32 %r2, 0f3F800000;
        red.global.add.v4.f32 [%rd2], {%r2, %r2, %r2, %r2};"""
    emulate(kernel(body, ("u64",)), "k", 1, [Pointer(target)])
    np.testing.assert_array_equal(target, np.arange(128) + 1)


# --- cp.async


@MODES
@pytest.mark.parametrize("size", [4, 8, 16])
def test_cp_async_fills_with_zeros(size, late):
    source, target = np.arange(32 * size, dtype="u1"), np.zeros(32 * size, "u1")
    cache = "cg" if size == 16 else "ca"
    loads = "".join(f"ld.shared.b8 %rs1, [%rd5+{n}]; st.global.b8 [%rd6+{n}], %rs1;" for n in range(size))
    body = f"""mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, {size}; ld.param.u64 %rd2, [p0]; ld.param.u64 %rd3, [p1];
        add.s64 %rd2, %rd2, %rd1; mov.b64 %rd4, smem; add.s64 %rd5, %rd4, %rd1; add.s64 %rd6, %rd3, %rd1;
        setp.lt.u32 %p1, %r1, 30; selp.b32 %r2, {size}, 2, %p1; setp.eq.s32 %p1, %r1, 31; @%p1 mov.b32 %r2, 0;
        cp.async.{cache}.shared.global [%rd5], [%rd2], {size}, %r2; cp.async.commit_group; cp.async.wait_group 0; bar.sync 0; {loads}"""
    emulate(kernel(body, ("u64", "u64")), "k", 1, [Pointer(source), Pointer(target)], dynamic_shared=32 * size, late=late)
    expected = source.copy()
    expected[30 * size + 2 :] = 0
    np.testing.assert_array_equal(target, expected)


@MODES
def test_cp_async_arrives_on_an_mbarrier(late):
    source, target = np.arange(32, dtype="u4"), np.zeros(32, "u4")
    body = """mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, 4; ld.param.u64 %rd2, [p0]; ld.param.u64 %rd3, [p1]; add.s64 %rd2, %rd2, %rd1;
        add.s64 %rd3, %rd3, %rd1; mov.b64 %rd4, smem; add.s64 %rd5, %rd4, %rd1; setp.ne.s32 %p1, %r1, 0; @%p1 bra MADE;
        mbarrier.init.shared.b64 [smem+128], 32;
    MADE: bar.sync 0; cp.async.ca.shared.global [%rd5], [%rd2], 4; cp.async.mbarrier.arrive.noinc.shared.b64 [smem+128];
    WAIT: mbarrier.try_wait.parity.shared.b64 %p2, [smem+128], 0; @!%p2 bra WAIT;
        ld.shared.b32 %r2, [%rd5]; st.global.b32 [%rd3], %r2;"""
    emulate(kernel(body, ("u64", "u64")), "k", 1, [Pointer(source), Pointer(target)], dynamic_shared=136, late=late)
    np.testing.assert_array_equal(target, source)


# --- TMA


def copy_box(rank, box_bytes, coordinates, extra="", reduce=False):
    """Loads a box of map p0 and stores it with map p1, by one thread."""
    place = "{" + ", ".join(map(str, coordinates)) + "}"
    store = STORE.format(rank=rank)
    if reduce:
        store = store.replace("cp.async", "cp.reduce.async").replace("cta.tile", "cta.add.tile")
    return f"""mov.u32 %r1, %tid.x; setp.ne.s32 %p1, %r1, 0; @%p1 bra END; mov.b64 %rd1, p0; mov.b64 %rd2, p1;
        prefetch.param.tensormap [p0]; prefetch.tensormap [%rd2]; cp.async.bulk.prefetch.tensor.{rank}d.L2.global [%rd1, {place}];
        mbarrier.init.shared.b64 [smem+{box_bytes}], 1; fence.proxy.async.shared::cta;
        mbarrier.arrive.expect_tx.shared.b64 %rd3, [smem+{box_bytes}], {box_bytes};
        {LOAD.format(rank=rank)} [smem], [%rd1, {place}], [smem+{box_bytes}];
    WAIT: mbarrier.try_wait.shared.b64 %p2, [smem+{box_bytes}], %rd3; @!%p2 bra WAIT; {extra}
        {store} [%rd2, {place}], [smem]; cp.async.bulk.commit_group; cp.async.bulk.wait_group.read 0; END:"""


@MODES
@pytest.mark.parametrize("dtype, inner, swizzle", [("u2", 64, 128), ("u2", 32, 64), ("u2", 16, 32), ("u2", 40, 0), ("f4", 32, 128)])
def test_tensor_copy_at_a_ragged_edge(dtype, inner, swizzle, late):
    source = np.random.default_rng(1).integers(1, 1000, (21, 72)).astype(dtype)
    target = np.zeros_like(source)
    maps = [TensorMap.of(x, (inner, 16), swizzle) for x in (source, target)]
    size = inner * 16 * source.itemsize
    emulate(kernel(copy_box(2, size, (inner, 8)), ("map", "map")), "k", 1, maps, dynamic_shared=size + 8, late=late)
    expected = np.zeros_like(source)
    expected[8:24, inner : 2 * inner] = source[8:24, inner : 2 * inner]
    np.testing.assert_array_equal(target, expected)


@MODES
def test_tensor_copy_of_rank_3_clips_each_block(late):
    source, target = np.arange(20 * 4 * 48, dtype="u2").reshape(20, 192), np.zeros((20, 192), "u2")
    views = [x.reshape(20, 4, 48).transpose(1, 0, 2) for x in (source, target)]
    maps = [TensorMap.of(view, (64, 32, 1), 128, buffer=x) for view, x in zip(views, (source, target), strict=True)]
    emulate(kernel(copy_box(3, 4096, (0, 4, 2)), ("map", "map")), "k", 1, maps, dynamic_shared=4104, late=late)
    expected = np.zeros_like(source)
    expected[4:, 96:144] = source[4:, 96:144]
    np.testing.assert_array_equal(target, expected)


def test_cache_hints_change_nothing():
    source, target = np.ones((8, 64), "u2"), np.zeros((8, 64), "u2")
    body = copy_box(2, 1024, (0, 0)).replace("complete_tx::bytes [smem]", "complete_tx::bytes.L2::cache_hint [smem]")
    body = body.replace("[smem+1024];\n    WAIT", "[smem+1024], %rd9;\n    WAIT")
    body = "createpolicy.fractional.L2::evict_first.b64 %rd9, 0f3F800000;" + body
    emulate(kernel(body, ("map", "map")), "k", 1, [TensorMap.of(x, (64, 8)) for x in (source, target)], dynamic_shared=1032)
    np.testing.assert_array_equal(target, source)


def test_negative_coordinates_and_zero_fill():
    source, target = np.ones((8, 64), "u2"), np.full((8, 64), 7, "u2")
    maps = [TensorMap.of(source, (64, 16)), TensorMap.of(target, (64, 16))]
    body = copy_box(2, 2048, (0, -4)).replace("[%rd2, {0, -4}]", "[%rd2, {0, 0}]")
    emulate(kernel(body, ("map", "map")), "k", 1, maps, dynamic_shared=2056)
    np.testing.assert_array_equal(target, np.where(np.arange(8)[:, None] < 4, 0, 1) * np.ones((1, 64)))


@MODES
def test_swizzle_is_an_xor_of_address_bits(late):
    """Chunk c of row r of a 128-byte row lies at chunk c ^ (r mod 8)."""
    source, out = np.arange(8 * 64, dtype="u2").reshape(8, 64), np.zeros((8, 64), "u2")
    read = "ld.param.b64 %rd8, [p2];" + "".join(
        f"ld.shared.v2.b64 {{%rd10, %rd11}}, [smem+{16 * n}]; st.global.v2.b64 [%rd8+{16 * n}], {{%rd10, %rd11}};" for n in range(64))  # fmt: skip
    body = copy_box(2, 1024, (0, 0), read)
    arguments = [TensorMap.of(source, (64, 8)), TensorMap.of(np.zeros_like(source), (64, 8)), Pointer(out)]
    emulate(kernel(body, ("map", "map", "u64")), "k", 1, arguments, dynamic_shared=1032, late=late)
    for row in range(8):
        for chunk in range(8):
            place = chunk ^ row
            np.testing.assert_array_equal(out[row, 8 * place : 8 * place + 8], source[row, 8 * chunk : 8 * chunk + 8])


@MODES
def test_tensor_reduction_adds(late):
    source, target = np.ones((8, 32), "f4"), np.full((8, 32), 5, "f4")
    maps = [TensorMap.of(x, (32, 8)) for x in (source, target)]
    emulate(kernel(copy_box(2, 1024, (0, 0), reduce=True), ("map", "map")), "k", 1, maps, dynamic_shared=1032, late=late)
    np.testing.assert_array_equal(target, 6)


def test_tf32_tensors_are_rounded_when_loaded():
    source, target = np.full((8, 32), 1 + 2.0**-11 + 2.0**-20, "f4"), np.zeros((8, 32), "f4")
    maps = [TensorMap.of(source, (32, 8), element_type="tf32"), TensorMap.of(target, (32, 8))]
    emulate(kernel(copy_box(2, 1024, (0, 0)), ("map", "map")), "k", 1, maps, dynamic_shared=1032)
    np.testing.assert_array_equal(target, 1 + 2.0**-10)


@MODES
def test_bulk_copies_of_bytes(late):
    source, target = np.arange(256, dtype="u2"), np.zeros(256, "u2")
    body = """mov.u32 %r1, %tid.x; setp.ne.s32 %p1, %r1, 0; @%p1 bra END; ld.param.b64 %rd1, [p0]; ld.param.b64 %rd2, [p1];
        mbarrier.init.shared.b64 [smem+512], 1; fence.mbarrier_init.release.cluster; mbarrier.arrive.shared.b64 _, [smem+512]; mbarrier.arrive.expect_tx.shared.b64 _, [smem+512], 512;
        cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [smem], [%rd1], 512, [smem+512];
    WAIT: mbarrier.test_wait.parity.shared.b64 %p2, [smem+512], 1; @!%p2 bra WAIT;
        cp.async.bulk.global.shared::cta.bulk_group [%rd2], [smem], 512; cp.async.bulk.commit_group; cp.async.bulk.wait_group 0; END:"""
    emulate(kernel(body, ("u64", "u64")), "k", 1, [Pointer(source), Pointer(target)], dynamic_shared=520, late=late)
    np.testing.assert_array_equal(target, source)


@MODES
def test_multicast_and_distributed_shared_memory(late):
    """Rank 0 multicasts a box to both blocks; rank 1 sends its copy's first word to rank 0 by mapa."""
    source, out = np.arange(16 * 64, dtype="u2").reshape(16, 64), np.zeros(2, "u4")
    multicast = LOAD.format(rank=2).replace("shared::cta", "shared::cluster") + ".multicast::cluster"
    body = f"""mov.u32 %r1, %tid.x; mov.u32 %r2, %cluster_ctarank; setp.ne.s32 %p1, %r1, 0; @%p1 bra MADE;
        mbarrier.init.shared.b64 [smem+2048], 1; fence.mbarrier_init.release.cluster;
        mbarrier.arrive.expect_tx.shared.b64 _, [smem+2048], 2048;
    MADE: barrier.cluster.arrive.aligned; barrier.cluster.wait.aligned; or.b32 %r3, %r1, %r2; setp.ne.s32 %p1, %r3, 0; @%p1 bra SENT;
        mov.b64 %rd1, p0; mov.b16 %rs1, 3; {multicast} [smem], [%rd1, {{0, 0}}], [smem+2048], %rs1;
    SENT: mbarrier.try_wait.parity.shared.b64 %p2, [smem+2048], 0; @!%p2 bra SENT;
        ld.shared.b32 %r4, [smem+128]; mov.b64 %rd3, smem; mapa.shared::cluster.u64 %rd2, %rd3, 0; getctarank.shared::cluster.u64 %r6, %rd2;
        setp.ne.s32 %p1, %r2, 1; setp.ne.or.s32 %p1, %r1, 0, %p1; @%p1 bra TOLD;
        add.s64 %rd2, %rd2, 2056; st.shared::cluster.b32 [%rd2], %r4;
    TOLD: barrier.cluster.arrive.release.aligned; barrier.cluster.wait.acquire.aligned; setp.ne.s32 %p1, %r3, 0; @%p1 bra END;
        ld.shared.b32 %r5, [smem+2056]; ld.param.b64 %rd4, [p1]; st.global.b32 [%rd4], %r5; st.global.b32 [%rd4+4], %r6; END:"""
    text = kernel(body, ("map", "u64"), cluster=2)
    emulate(text, "k", 2, [TensorMap.of(source, (64, 16)), Pointer(out)], dynamic_shared=2064, late=late)
    # Row 1 is swizzled: its first chunk holds chunk 1.
    assert out[0] == int(source[1, 8]) | int(source[1, 9]) << 16
    assert out[1] == 0


# --- lanes


def test_all_lanes_leave_a_loop_one_by_one():
    """The predicate that keeps lanes in the loop is written again while others wait behind it."""
    body = "mov.b32 {o0}, 0; AGAIN: add.u32 {o0}, {o0}, 1; setp.ne.u32 %p1, {o0}, {i0}; @%p1 bra AGAIN;"
    counts = np.random.default_rng(0).permutation(32).astype("u4") + 1
    (found,) = per_lane(body, [counts], ["u4"])
    assert (found == counts).all()


def test_divergence_and_reconvergence():
    """Nested branches and loops of different length per lane; after them shfl.sync needs all lanes again."""
    body = """mov.u32 %r1, %tid.x; and.b32 %r2, %r1, 1; mov.b32 %r3, 0; setp.ne.s32 %p1, %r2, 0; @%p1 bra ODD;
        setp.lt.u32 %p2, %r1, 16; @!%p2 bra HIGH; add.s32 %r3, %r3, 100; bra.uni MEET;
    HIGH: add.s32 %r3, %r3, 200; bra.uni MEET;
    ODD: mov.b32 %r4, 0;
    LOOP: add.s32 %r3, %r3, 1; add.s32 %r4, %r4, 1; setp.lt.u32 %p3, %r4, %r1; @%p3 bra LOOP;
    MEET: shfl.sync.bfly.b32 {o1}, %r3, 1, 31, -1; mov.b32 {o0}, %r3;"""
    own, neighbour = per_lane(body, [], ["u4", "u4"])
    lanes = np.arange(32)
    wanted = np.where(lanes % 2 == 1, lanes, np.where(lanes < 16, 100, 200))
    np.testing.assert_array_equal(own, wanted)
    np.testing.assert_array_equal(neighbour, wanted[lanes ^ 1])


def test_indexed_branch():
    body = """mov.u32 %r1, %tid.x; and.b32 %r2, %r1, 3; T: .branchtargets A, B, C, B; brx.idx %r2, T;
    A: mov.b32 {o0}, 10; bra.uni END; B: mov.b32 {o0}, 20; bra.uni END; C: mov.b32 {o0}, 30; END:"""
    (found,) = per_lane(body, [], ["u4"])
    np.testing.assert_array_equal(found, np.array([10, 20, 30, 20] * 8))


def test_predicated_instructions_and_early_exit():
    out = np.zeros(32, "u4")
    body = """mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, 4; ld.param.b64 %rd2, [p0]; add.s64 %rd2, %rd2, %rd1; mov.b32 %r2, 1;
        setp.gt.u32 %p1, %r1, 7; @%p1 mov.b32 %r2, 2; @!%p1 add.s32 %r2, %r2, 4; setp.gt.u32 %p2, %r1, 23; @%p2 ret;
        activemask.b32 %r3; popc.b32 %r3, %r3; mad.lo.s32 %r2, %r3, 100, %r2; st.global.b32 [%rd2], %r2;"""
    emulate(kernel(body, ("u64",)), "k", 1, [Pointer(out)])
    lanes = np.arange(32)
    np.testing.assert_array_equal(out, np.where(lanes > 23, 0, np.where(lanes > 7, 2402, 2405)))


@pytest.mark.parametrize("mode, by, c, expected", [
    ("idx", 3, 31, lambda lane: 3), ("idx", 1, 0x181F, lambda lane: lane // 8 * 8 + 1), ("bfly", 4, 31, lambda lane: lane ^ 4),
    ("up", 2, 0, lambda lane: lane - 2 if lane >= 2 else lane), ("down", 3, 31, lambda lane: lane + 3 if lane + 3 < 32 else lane),
    ("down", 1, 0x1F1F, lambda lane: lane)])  # fmt: skip
def test_shuffles(mode, by, c, expected):
    """c holds the segment mask << 8 and the clamp; the last case has segments of one lane."""
    found, inside = per_lane(f"mov.u32 %r1, %laneid; shfl.sync.{mode}.b32 {{o0}}|%p1, %r1, {by}, {c}, -1; selp.b32 {{o1}}, 1, 0, %p1;",
                             [], ["u4", "u4"])  # fmt: skip
    np.testing.assert_array_equal(found, [expected(lane) for lane in range(32)])
    moved = np.array([expected(lane) for lane in range(32)]) != np.arange(32)
    assert (inside[moved] == 1).all()


def test_votes_and_reductions():
    body = """mov.u32 %r1, %laneid; setp.gt.u32 %p1, %r1, 3; vote.sync.ballot.b32 {o0}, %p1, -1; vote.sync.any.pred %p2, %p1, -1;
        vote.sync.all.pred %p3, %p1, -1; vote.sync.uni.pred %p4, !%p1, -1; selp.b32 %r2, 1, 0, %p2; selp.b32 %r3, 2, 0, %p3; selp.b32 %r4, 4, 0, %p4;
        or.b32 {o1}, %r2, %r3; or.b32 {o1}, {o1}, %r4; redux.sync.add.s32 {o2}, %r1, -1; redux.sync.max.u32 {o3}, %r1, -1;
        elect.sync %r5|%p5, -1; selp.b32 {o4}, 1, 0, %p5; and.b32 %r6, %r1, 3; match.any.sync.b32 {o5}, %r6, -1;"""
    ballot, flags, total, greatest, elected, equal = per_lane(body, [], ["u4"] * 6)
    assert (ballot == 0xFFFFFFF0).all() and (flags == 1).all() and (total == 496).all() and (greatest == 31).all()
    np.testing.assert_array_equal(elected, np.arange(32) == 0)
    assert equal[1] == 0x22222222


def test_special_registers():
    out = np.zeros((2, 4, 64, 8), "u4")
    names = ["%tid.x", "%ctaid.x", "%ctaid.y", "%nctaid.x", "%nctaid.y", "%ntid.x", "%warpid", "%cluster_ctarank"]
    body = "mov.u32 %r1, %ctaid.y; mov.u32 %r2, %ctaid.x; mad.lo.s32 %r1, %r1, 4, %r2; mov.u32 %r2, %tid.x; mad.lo.s32 %r1, %r1, 64, %r2;"
    body += "mul.wide.u32 %rd1, %r1, 32; ld.param.b64 %rd2, [p0]; add.s64 %rd2, %rd2, %rd1;"
    body += "".join(f"mov.u32 %r3, {name}; st.global.b32 [%rd2+{4 * n}], %r3;" for n, name in enumerate(names))
    emulate(kernel(body, ("u64",), threads=64, cluster=2), "k", (4, 2), [Pointer(out)])
    y, x, t = np.meshgrid(np.arange(2), np.arange(4), np.arange(64), indexing="ij")
    wanted = [t, x, y, 4, 2, 64, t // 32, x % 2]
    for n, value in enumerate(wanted):
        np.testing.assert_array_equal(out[..., n], np.broadcast_to(value, out.shape[:3]))


@MODES
@pytest.mark.parametrize("arrive, sync", [("bar.arrive", "barrier.cta.sync"), ("barrier.cta.arrive", "barrier.sync.aligned"),
                                          ("barrier.arrive", "bar.cta.sync")])  # fmt: skip
def test_named_barriers_between_warps(arrive, sync, late):
    """Warp 0 arrives and goes on; warp 1 waits for it and reads what it wrote."""
    out = np.zeros(32, "u4")
    body = """mov.u32 %r1, %tid.x; and.b32 %r2, %r1, 31; mul.wide.u32 %rd1, %r2, 4; mov.b64 %rd2, smem; add.s64 %rd2, %rd2, %rd1;
        setp.gt.u32 %p1, %r1, 31; @%p1 bra READ; mul.lo.u32 %r3, %r2, 3; st.shared.b32 [%rd2], %r3; membar.cta; ARRIVE 1, 64; bra.uni END;
    READ: SYNC 1, 64; ld.shared.b32 %r4, [%rd2]; ld.param.b64 %rd3, [p0]; add.s64 %rd3, %rd3, %rd1; st.global.b32 [%rd3], %r4; END:
        nanosleep.u32 10; setmaxnreg.inc.sync.aligned.u32 232; griddepcontrol.wait; griddepcontrol.launch_dependents;"""
    body = body.replace("ARRIVE", arrive).replace("SYNC", sync)
    emulate(kernel(body, ("u64",), threads=64), "k", 1, [Pointer(out)], dynamic_shared=128, late=late)
    np.testing.assert_array_equal(out, np.arange(32) * 3)


@MODES
def test_mbarrier_phases(late):
    """Two warps hand a buffer to and fro by parity, four times."""
    out = np.zeros(4, "u4")
    body = """mov.u32 %r1, %tid.x; setp.ne.s32 %p1, %r1, 0; @%p1 bra MADE; mbarrier.init.shared.b64 [smem+8], 32; mbarrier.init.shared.b64 [smem+16], 32;
    MADE: bar.sync 0; mov.b32 %r2, 0; setp.gt.u32 %p1, %r1, 31; @%p1 bra CONSUME;
    PRODUCE: and.b32 %r3, %r2, 1; xor.b32 %r3, %r3, 1;
    EMPTY: mbarrier.try_wait.parity.shared.b64 %p2, [smem+16], %r3; @!%p2 bra EMPTY;
        setp.ne.s32 %p3, %r1, 0; mul.lo.s32 %r4, %r2, 7; @!%p3 st.shared.b32 [smem], %r4; mbarrier.arrive.shared.b64 _, [smem+8];
        add.s32 %r2, %r2, 1; setp.lt.u32 %p2, %r2, 4; @%p2 bra PRODUCE; bra.uni END;
    CONSUME: and.b32 %r3, %r2, 1; ld.param.b64 %rd1, [p0];
    FULL: mbarrier.try_wait.parity.acquire.cta.shared::cta.b64 %p2, [smem+8], %r3; @!%p2 bra FULL;
        ld.shared.b32 %r4, [smem]; mul.wide.u32 %rd2, %r2, 4; add.s64 %rd2, %rd2, %rd1; setp.ne.s32 %p3, %r1, 32; @!%p3 st.global.b32 [%rd2], %r4;
        mbarrier.arrive.shared.b64 %rd3, [smem+16]; add.s32 %r2, %r2, 1; setp.lt.u32 %p2, %r2, 4; @%p2 bra CONSUME; END:"""
    for seed in range(3):
        emulate(kernel(body, ("u64",), threads=64), "k", 1, [Pointer(out)], dynamic_shared=24, late=late, seed=seed)
        np.testing.assert_array_equal(out, [0, 7, 14, 21])


def test_inline_assembly_with_labels_of_its_own():
    """As MLIR's spin loops are: the same labels in every scope, generic addresses, a time limit."""
    wait = """{ .reg .pred P1; LAB_WAIT: mbarrier.try_wait.parity.b64 P1, [%rd1], {parity}, 20; @P1 bra.uni DONE; bra.uni LAB_WAIT; DONE: }"""
    body = """mov.u32 %r1, %tid.x; mov.b64 %rd1, smem; cvta.shared.u64 %rd1, %rd1; setp.ne.s32 %p1, %r1, 0; @%p1 bra END; mbarrier.init.b64 [%rd1], 1;
        mbarrier.arrive.b64 %rd2, [%rd1];""" + wait.replace("{parity}", "0") + "mbarrier.arrive.b64 %rd2, [%rd1];" + wait.replace("{parity}", "1") + "END:"
    assert emulate(kernel(body, ()), "k", 1, [], dynamic_shared=8).instructions > 8
    with pytest.raises(PTXError, match="unknown label 'DONE'"):
        emulate(kernel(body + "bra DONE;", ()), "k", 1, [], dynamic_shared=8)


def test_mbarrier_drop_and_explicit_transactions():
    body = """mov.u32 %r1, %tid.x; setp.ne.s32 %p1, %r1, 0; @%p1 bra END; mbarrier.init.shared.b64 [smem], 2;
        mbarrier.expect_tx.relaxed.cta.shared.b64 [smem], 16; mbarrier.arrive_drop.shared.b64 _, [smem]; mbarrier.arrive.shared.b64 _, [smem];
        mbarrier.complete_tx.relaxed.cta.shared.b64 [smem], 16;
    A: mbarrier.try_wait.parity.shared.b64 %p2, [smem], 0; @!%p2 bra A; mbarrier.arrive.shared.b64 _, [smem];
    B: mbarrier.try_wait.parity.shared.b64 %p2, [smem], 1; @!%p2 bra B; mbarrier.inval.shared.b64 [smem]; END:"""
    assert emulate(kernel(body, ()), "k", 1, [], dynamic_shared=8).instructions > 10
    with pytest.raises(Violation, match="deadlock"):  # the second phase expects one arrival less, not two
        emulate(kernel(body.replace("arrive_drop", "arrive"), ()), "k", 1, [], dynamic_shared=8)
    with pytest.raises(Violation, match="deadlock"):  # the phase waits for the bytes
        emulate(kernel(body.replace("[smem], 16;\n    A:", "[smem], 8;\n    A:"), ()), "k", 1, [], dynamic_shared=8)
