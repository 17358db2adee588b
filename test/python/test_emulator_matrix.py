# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Matrix instructions of the emulator: fragments, shared-memory layouts and descriptors, against numpy."""

import numpy as np
import pytest

from emulator import Pointer, TensorMap, emulate
from emulator.numbers import bits_of, tf32_value, value_of
from emulator_programs import kernel


def registers(prefix, first, count):
    return "{" + ", ".join(f"{prefix}{first + n}" for n in range(count)) + "}"


def load_words(parameter, count, first=0):
    """Registers first ... of lane l: words [l, 0 ... count) of the parameter's array."""
    lines = [f"ld.param.b64 %rd40, [p{parameter}]; mul.wide.u32 %rd41, %r250, {4 * count}; add.s64 %rd40, %rd40, %rd41;"]
    return "".join(lines + [f"ld.global.b32 %r{first + n}, [%rd40+{4 * n}];" for n in range(count)])


def store_words(parameter, count, first=0):
    lines = [f"ld.param.b64 %rd40, [p{parameter}]; mul.wide.u32 %rd41, %r250, {4 * count}; add.s64 %rd40, %rd40, %rd41;"]
    return "".join(lines + [f"st.global.b32 [%rd40+{4 * n}], %r{first + n};" for n in range(count)])


LANE = "mov.u32 %r250, %tid.x;"


def pack(matrix_bits):
    """Pairs of 16-bit elements along the last axis as words; 32-bit elements stay."""
    return matrix_bits.astype("u4") if matrix_bits.itemsize == 4 else np.ascontiguousarray(matrix_bits).view("u4")


def random_matrix(seed, shape, format):
    """(bits, values)"""
    values = np.random.default_rng(seed).standard_normal(shape)
    bits = bits_of(values, format)
    return bits, value_of(bits, format)


@pytest.mark.parametrize("format, depth", [("bf16", 16), ("bf16", 8), ("f16", 16), ("f16", 8), ("tf32", 8), ("tf32", 4)])
def test_mma(format, depth):
    """Fragments as the PTX ISA's tables give them, spelled out per lane."""
    a_bits, a = random_matrix(1, (16, depth), format)
    b_bits, b = random_matrix(2, (8, depth), format)
    c = np.random.default_rng(3).standard_normal((16, 8)).astype("f4")
    per = 1 if format == "tf32" else 2
    a_words, b_words = pack(a_bits), pack(b_bits)  # [16, depth / per], [8, depth / per]
    columns = depth // per // 4  # groups of 4 words along K
    a_lanes, b_lanes, c_lanes = [], [], []
    for lane in range(32):
        group, member = divmod(lane, 4)
        a_lanes.append([a_words[group + 8 * h, member + 4 * k] for k in range(columns) for h in (0, 1)])
        b_lanes.append([b_words[group, member + 4 * k] for k in range(columns)])
        c_lanes.append([c[group + 8 * h, 2 * member + e] for h in (0, 1) for e in (0, 1)])
    out = np.zeros((32, 4), "f4")
    count = 2 * columns
    ptx_types = f"f32.{format}.{format}.f32"
    body = LANE + load_words(0, count, 10) + load_words(1, columns, 20) + load_words(2, 4, 30)
    body += f"mma.sync.aligned.m16n8k{depth}.row.col.{ptx_types} {registers('%r', 40, 4)}, {registers('%r', 10, count)}, "
    body += f"{registers('%r', 20, columns)}, {registers('%r', 30, 4)};" + store_words(3, 4, 40)
    arguments = [Pointer(np.array(a_lanes, "u4")), Pointer(np.array(b_lanes, "u4")), Pointer(np.array(c_lanes, "f4")), Pointer(out)]
    emulate(kernel(body), "k", 1, arguments)
    wanted = a @ b.T + c
    for lane in range(32):
        group, member = divmod(lane, 4)
        expected = [wanted[group + 8 * h, 2 * member + e] for h in (0, 1) for e in (0, 1)]
        np.testing.assert_allclose(out[lane], expected, rtol=1e-5, atol=1e-5)


def test_mma_with_f16_results():
    a_bits, a = random_matrix(1, (16, 16), "f16")
    b_bits, b = random_matrix(2, (8, 16), "f16")
    a_words, b_words = pack(a_bits), pack(b_bits)
    lanes = [divmod(lane, 4) for lane in range(32)]
    a_lanes = np.array([[a_words[g + 8 * h, m + 4 * k] for k in (0, 1) for h in (0, 1)] for g, m in lanes], "u4")
    b_lanes = np.array([[b_words[g, m + 4 * k] for k in (0, 1)] for g, m in lanes], "u4")
    c_lanes, out = np.zeros((32, 2), "u4"), np.zeros((32, 2), "u4")
    body = LANE + load_words(0, 4, 10) + load_words(1, 2, 20) + load_words(2, 2, 30)
    body += f"mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {registers('%r', 40, 2)}, {registers('%r', 10, 4)}, "
    body += f"{registers('%r', 20, 2)}, {registers('%r', 30, 2)};" + store_words(3, 2, 40)
    emulate(kernel(body), "k", 1, [Pointer(x) for x in (a_lanes, b_lanes, c_lanes, out)])
    wanted = (a @ b.T).astype("f2")
    for lane, (group, member) in enumerate(lanes):
        expected = wanted[[group, group, group + 8, group + 8], [2 * member, 2 * member + 1] * 2]
        np.testing.assert_allclose(out[lane].view("f2"), expected, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("transposed", ["", ".trans"])
def test_ldmatrix_and_stmatrix(count, transposed):
    """Lane l stores row l to shared memory; ldmatrix gives matrix i's element [l / 4][2 (l % 4) + e] to lane l, with
    .trans [2 (l % 4) + e][l / 4]; stmatrix is its inverse."""
    matrices = np.arange(32 * 8, dtype="u2").reshape(32, 8)
    out, back = np.zeros((32, count), "u4"), np.zeros((32, 4), "u4")
    body = LANE + f"""{load_words(0, 4, 10)}
        mov.b64 %rd1, smem; mul.wide.u32 %rd2, %r250, 16; add.s64 %rd3, %rd1, %rd2; add.s64 %rd4, %rd3, 512;
        st.shared.v4.b32 [%rd3], {registers("%r", 10, 4)};
        st.shared.v4.b32 [%rd4], {registers("%r", 10, 4)};
        ldmatrix.sync.aligned.m8n8.x{count}{transposed}.shared.b16 {registers("%r", 20, count)}, [%rd3];
        stmatrix.sync.aligned.m8n8.x{count}{transposed}.shared.b16 [%rd3+512], {registers("%r", 20, count)};
        ld.shared.v4.b32 {registers("%r", 30, 4)}, [%rd4];
        {store_words(1, count, 20)} {store_words(2, 4, 30)}"""
    emulate(kernel(body), "k", 1, [Pointer(matrices), Pointer(out), Pointer(back), 0], dynamic_shared=1024)
    for lane in range(32):
        for i in range(count):
            pair = np.array([out[lane, i]]).view("u2")
            for e in (0, 1):
                place = (lane // 4, 2 * (lane % 4) + e)
                row, column = place[::-1] if transposed else place
                assert pair[e] == matrices[8 * i + row, column]
    np.testing.assert_array_equal(back.view("u2"), matrices)


def test_bank_conflicts_are_counted():
    rows = """mov.u32 %r1, %laneid; mul.wide.u32 %rd2, %r1, {pitch}; mov.b64 %rd1, smem; add.s64 %rd1, %rd1, %rd2;
        mov.b32 %r2, 0; stmatrix.sync.aligned.m8n8.x1.shared.b16 [%rd1], {{%r2}};"""
    for pitch, conflicts in ((16, 0), (144, 0), (128, 7), (64, 3)):
        found = emulate(kernel(rows.format(pitch=pitch), ()), "k", 1, [], dynamic_shared=8192)
        assert found.bank_conflicts == conflicts
    strided = """mov.u32 %r1, %laneid; mul.wide.u32 %rd2, %r1, {pitch}; mov.b64 %rd1, smem; add.s64 %rd1, %rd1, %rd2;
        st.shared{type}.b32 [%rd1], {value};"""
    for pitch, type_, value, conflicts in ((4, "", "%r1", 0), (8, "", "%r1", 1), (128, "", "%r1", 31),
                                          (16, ".v4", "{%r1, %r1, %r1, %r1}", 0), (8, ".v2", "{%r1, %r1}", 0)):  # fmt: skip
        text = kernel(strided.format(pitch=pitch, type=type_, value=value), ())
        assert emulate(text, "k", 1, [], dynamic_shared=8192).bank_conflicts == conflicts


# --- wgmma


def wgmma_kernel(n, format, depth, a_descriptors, b_descriptors, transposes, loads, size):
    """One warpgroup: TMA loads, a product over the descriptors, accumulators to p2 [128, n / 2]."""
    accumulators = registers("%r", 0, n // 2)
    body = f"""mov.u32 %r250, %tid.x; setp.ne.s32 %p1, %r250, 0;
        @%p1 bra LOADED;
        mbarrier.init.shared.b64 [smem+{size}], 1; fence.mbarrier_init.release.cluster;
        mov.b64 %rd10, p0; mov.b64 %rd11, p1;
        mbarrier.arrive.expect_tx.shared.b64 _, [smem+{size}], {size};
        {loads}
    LOADED: bar.sync 0;
    WAIT: mbarrier.try_wait.parity.shared.b64 %p2, [smem+{size}], 0; @!%p2 bra WAIT;
        mov.b64 %rd1, smem; shr.u64 %rd1, %rd1, 4; wgmma.fence.sync.aligned;"""

    for step, (a, b) in enumerate(zip(a_descriptors, b_descriptors, strict=True)):
        a_text = a
        if isinstance(a, int):
            body += f"add.s64 %rd20, %rd1, {a};"
            a_text = "%rd20"
        body += f"add.s64 %rd21, %rd1, {b}; setp.ne.b32 %p3, {step}, 0;"
        body += f"wgmma.mma_async.sync.aligned.m64n{n}k{depth}.f32.{format}.{format} {accumulators}, {a_text}, %rd21, %p3, 1, 1{transposes};"
    body += f"wgmma.commit_group.sync.aligned; wgmma.wait_group.sync.aligned 0; {store_words(2, n // 2)}"
    return body


def result_matrix(out, n):
    """[thread, register] → [64, n], as the PTX ISA's figure of D has it."""
    d = np.zeros((64, n), "f4")
    for thread in range(128):
        warp, lane = divmod(thread, 32)
        for register in range(n // 2):
            row = 16 * warp + lane // 4 + 8 * (register // 2 % 2)
            d[row, register // 4 * 8 + lane % 4 * 2 + register % 2] = out[thread, register]
    return d


SWIZZLE_CODE = {0: 0, 128: 1, 64: 2, 32: 3}


def descriptor(offset, leading, stride, swizzle):
    return offset >> 4 | leading >> 4 << 16 | stride >> 4 << 32 | SWIZZLE_CODE[swizzle] << 62


def signed(value):
    return value - (1 << 64) if value >> 63 else value


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("format", ["bf16", "f16", "tf32"])
@pytest.mark.parametrize("swizzle", [128, 64, 32])
def test_wgmma_on_swizzled_rows_along_k(format, swizzle, late):
    """Both operands K-major, as TMA with the same swizzle leaves them; K steps advance inside the swizzled row."""
    n, size = 24, 4 if format == "tf32" else 2
    columns = swizzle // size
    a_bits, a = random_matrix(1, (64, columns), format)
    b_bits, b = random_matrix(2, (n, columns), format)
    out, a_bytes = np.zeros((128, n // 2), "f4"), 64 * swizzle
    bytes_ = a_bytes + n * swizzle
    loads = f"""cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes [smem], [%rd10, {{0, 0}}], [smem+{bytes_}];
        cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes [smem+{a_bytes}], [%rd11, {{0, 0}}], [smem+{bytes_}];"""
    steps = range(0, swizzle, 32)
    pieces = [[signed(descriptor(start + k, 16, 8 * swizzle, swizzle)) for k in steps] for start in (0, a_bytes)]
    body = wgmma_kernel(n, format, 32 // size, *pieces, ", 0, 0" if size == 2 else "", loads, bytes_)
    maps = [TensorMap.of(bits, (columns, len(bits)), swizzle, format) for bits in (a_bits, b_bits)]
    text = kernel(body, ("map", "map", "u64"), threads=128)
    emulate(text, "k", 1, [*maps, Pointer(out)], dynamic_shared=bytes_ + 8, late=late)
    np.testing.assert_allclose(result_matrix(out, n), a @ b.T, rtol=1e-4, atol=1e-4)


def test_wgmma_without_swizzle():
    """Core matrices of 8 rows by 16 bytes: the leading offset leads along K, the stride along the rows."""
    a_bits, a = random_matrix(1, (64, 16), "bf16")
    b_bits, b = random_matrix(2, (16, 16), "bf16")
    out = np.zeros((128, 8), "f4")
    cores = [np.ascontiguousarray(bits.reshape(len(bits), 2, 8).transpose(1, 0, 2)).reshape(-1, 8) for bits in (a_bits, b_bits)]
    loads = """cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes [smem], [%rd10, {0, 0}], [smem+2560];
        cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes [smem+2048], [%rd11, {0, 0}], [smem+2560];"""
    pieces = [[descriptor(0, 1024, 128, 0)], [descriptor(2048, 256, 128, 0)]]
    body = wgmma_kernel(16, "bf16", 16, *pieces, ", 0, 0", loads, 2560)
    maps = [TensorMap.of(core, (8, len(core)), 0, "bf16") for core in cores]
    emulate(kernel(body, ("map", "map", "u64"), threads=128), "k", 1, [*maps, Pointer(out)], dynamic_shared=2568)
    np.testing.assert_allclose(result_matrix(out, 16), a @ b.T, rtol=1e-4, atol=1e-4)


def test_wgmma_with_transposed_operands():
    """A stored [K][M] and B stored [K][N], 128-byte rows of 64 elements: MN-major. N = 128 takes two boxes, which the
    leading offset connects; the two groups of 8 rows along K lie 1024 bytes apart."""
    a_bits, a = random_matrix(1, (16, 64), "bf16")
    b_bits, b = random_matrix(2, (16, 128), "bf16")
    out = np.zeros((128, 64), "f4")
    loads = """cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes [smem], [%rd10, {0, 0}], [smem+6144];
        cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes [smem+2048], [%rd11, {0, 0}], [smem+6144];
        cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes [smem+4096], [%rd11, {64, 0}], [smem+6144];"""
    pieces = [[signed(descriptor(0, 2048, 1024, 128))], [signed(descriptor(2048, 2048, 1024, 128))]]
    body = wgmma_kernel(128, "bf16", 16, *pieces, ", 1, 1", loads, 6144)
    maps = [TensorMap.of(bits, (64, 16), 128, "bf16") for bits in (a_bits, b_bits)]
    emulate(kernel(body, ("map", "map", "u64"), threads=128), "k", 1, [*maps, Pointer(out)], dynamic_shared=6152)
    np.testing.assert_allclose(result_matrix(out, 128), a.T @ b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("format", ["bf16", "f16", "tf32"])
def test_wgmma_with_a_in_registers(format, late):
    size = 4 if format == "tf32" else 2
    columns = 32 // size
    a_bits, a = random_matrix(1, (64, columns), format)
    b_bits, b = random_matrix(2, (16, columns), format)
    words = pack(a_bits)
    lanes = np.array([[words[16 * (t // 32) + t % 32 // 4 + 8 * (j % 2), t % 4 + 4 * (j // 2)] for j in range(4)] for t in range(128)], "u4")
    out = np.zeros((128, 8), "f4")
    loads = "cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes [smem], [%rd11, {0, 0}], [smem+512];"
    pieces = [[registers("%r", 100, 4)], [signed(descriptor(0, 16, 256, 32))]]
    body = wgmma_kernel(16, format, columns, *pieces, ", 0" if size == 2 else "", loads, 512)
    body = "mov.u32 %r250, %tid.x;" + load_words(3, 4, 100) + body
    maps = [TensorMap.of(a_bits, (columns, 64), 32, format), TensorMap.of(b_bits, (columns, 16), 32, format)]
    text = kernel(body, ("map", "map", "u64", "u64"), threads=128)
    emulate(text, "k", 1, [*maps, Pointer(out), Pointer(lanes)], dynamic_shared=520, late=late)
    np.testing.assert_allclose(result_matrix(out, 16), a @ b.T, rtol=1e-4, atol=1e-4)


def test_negated_operands():
    a_bits, a = random_matrix(1, (64, 16), "bf16")
    b_bits, b = random_matrix(2, (8, 16), "bf16")
    out = np.zeros((128, 4), "f4")
    loads = """cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes [smem], [%rd10, {0, 0}], [smem+2304];
        cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes [smem+2048], [%rd11, {0, 0}], [smem+2304];"""
    pieces = [[signed(descriptor(0, 16, 256, 32))], [signed(descriptor(2048, 16, 256, 32))]]
    body = wgmma_kernel(8, "bf16", 16, *pieces, ", 0, 0", loads, 2304).replace("%p3, 1, 1", "%p3, -1, 1")
    maps = [TensorMap.of(a_bits, (16, 64), 32, "bf16"), TensorMap.of(b_bits, (16, 8), 32, "bf16")]
    emulate(kernel(body, ("map", "map", "u64"), threads=128), "k", 1, [*maps, Pointer(out)], dynamic_shared=2312)
    np.testing.assert_allclose(result_matrix(out, 8), -a @ b.T, rtol=1e-4, atol=1e-4)


def test_tf32_ignores_the_low_bits():
    assert tf32_value(np.array([0x3F801FFF], "u4"))[0] == 1
