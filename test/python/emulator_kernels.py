# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Two small matrix products D = A Bᵀ in PTX, built as slin's kernels are: what the emulator's mutations are tried on.

`warpgroup_gemm` is persistent and warp-specialised: a producer warp fills a ring of stages by TMA, a warpgroup
multiplies by wgmma, the epilogue goes through stmatrix and TMA. `warp_gemm` is a cp.async pipeline with ldmatrix and
mma.sync. Both are for sm_90a and sm_80 respectively, bf16 in, any M, N and K with K a multiple of 8.
"""

from emulator_programs import kernel


def warpgroup_gemm(stages: int = 3) -> tuple[str, int]:
    """(PTX, dynamic shared memory): tiles of 64 × 64 × 64; parameters: maps of A, B, D, then M, N, K. 160 threads."""
    tile = 8192
    staging, full = 2 * stages * tile, (2 * stages + 1) * tile
    empty, size = full + 8 * stages, full + 16 * stages
    load = "cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes"
    accumulators = [f"%r{100 + n}" for n in range(32)]
    descriptor = (1 << 62) | (1024 >> 4 << 32) | (1 << 16)
    advance = f"""add.s32 %r20, %r20, 1; setp.eq.u32 %p5, %r20, {stages}; selp.b32 %r20, 0, %r20, %p5;
        selp.b32 %r25, 1, 0, %p5; xor.b32 %r21, %r21, %r25;"""
    tile_place = "div.u32 %r30, %r22, %r9; rem.u32 %r31, %r22, %r9; shl.b32 %r30, %r30, 6; shl.b32 %r31, %r31, 6;"
    release = f"""mul.wide.u32 %rd6, %r24, 8; add.s64 %rd6, %rd6, %rd1; setp.ne.s32 %p6, %r26, 0; @%p6 bra KEPT{{0}};
        mbarrier.arrive.shared.b64 _, [%rd6+{empty}]; KEPT{{0}}:"""
    products = "".join(
        f"""add.s64 %rd7, %rd4, {2 * k}; add.s64 %rd8, %rd5, {2 * k};
        wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {{{", ".join(accumulators)}}}, %rd7, %rd8, 1, 1, 1, 0, 0;"""
        for k in range(4)
    )
    stores = ""
    for pair in range(4):
        packed = []
        for n in range(4):
            low, high = accumulators[8 * pair + 2 * n], accumulators[8 * pair + 2 * n + 1]
            stores += f"cvt.rn.bf16x2.f32 %r{40 + n}, {high}, {low};"
            packed.append(f"%r{40 + n}")
        stores += f"""add.s32 %r44, %r28, {2 * pair}; xor.b32 %r44, %r44, %r29; shl.b32 %r44, %r44, 4; add.s32 %r44, %r44, %r27;
            cvt.u64.u32 %rd9, %r44; add.s64 %rd9, %rd9, %rd1;
            stmatrix.sync.aligned.m8n8.x4.shared.b16 [%rd9+{staging}], {{{", ".join(packed)}}};"""
    inits = "".join(
        f"mbarrier.init.shared.b64 [smem+{full + 8 * s}], 1; mbarrier.init.shared.b64 [smem+{empty + 8 * s}], 4;"
        for s in range(stages)
    )
    body = f"""
        mov.u32 %r1, %tid.x; shr.u32 %r2, %r1, 5; and.b32 %r26, %r1, 31; mov.u32 %r22, %ctaid.x; mov.u32 %r4, %nctaid.x;
        ld.param.b32 %r5, [p3]; ld.param.b32 %r6, [p4]; ld.param.b32 %r7, [p5];
        add.s32 %r8, %r5, 63; shr.u32 %r8, %r8, 6; add.s32 %r9, %r6, 63; shr.u32 %r9, %r9, 6; mul.lo.s32 %r10, %r8, %r9;
        add.s32 %r11, %r7, 63; shr.u32 %r11, %r11, 6; mov.b64 %rd1, smem;
        setp.ne.s32 %p1, %r1, 0; @%p1 bra MADE; {inits} fence.mbarrier_init.release.cluster;
    MADE:
        bar.sync 0;
        mov.b32 %r20, 0; mov.b32 %r21, 0; setp.eq.s32 %p2, %r2, 4; @%p2 bra PRODUCER;
        shl.b32 %r27, %r1, 7; and.b32 %r27, %r27, 1920; shl.b32 %r45, %r2, 11; add.s32 %r27, %r27, %r45;
        shr.u32 %r28, %r26, 4; and.b32 %r29, %r26, 7;
    TILE:
        setp.ge.u32 %p3, %r22, %r10; @%p3 bra CONSUMED; {"".join(f"mov.b32 {a}, 0f00000000;" for a in accumulators)}
        mov.b32 %r23, 0; mov.b32 %r24, -1;
    STEP:
        mul.wide.u32 %rd2, %r20, 8; add.s64 %rd2, %rd2, %rd1;
    FULL:
        mbarrier.try_wait.parity.shared.b64 %p4, [%rd2+{full}], %r21; @!%p4 bra FULL;
        mul.wide.u32 %rd3, %r20, {tile}; add.s64 %rd3, %rd3, %rd1; shr.u64 %rd3, %rd3, 4; or.b64 %rd4, %rd3, {descriptor};
        add.s64 %rd5, %rd4, {stages * tile >> 4};
        wgmma.fence.sync.aligned; {products} wgmma.commit_group.sync.aligned;
        wgmma.wait_group.sync.aligned 1;
        setp.lt.s32 %p7, %r24, 0; @%p7 bra FIRST; {release.format(0)}
    FIRST:
        mov.b32 %r24, %r20; {advance} add.s32 %r23, %r23, 1; setp.lt.u32 %p7, %r23, %r11; @%p7 bra STEP;
        wgmma.wait_group.sync.aligned 0; {release.format(1)}
        setp.ne.s32 %p1, %r1, 0; @%p1 bra DRAINED;
        cp.async.bulk.wait_group.read 0;
    DRAINED:
        bar.sync 1, 128; {stores}
        fence.proxy.async.shared::cta;
        bar.sync 1, 128; {tile_place} @%p1 bra STORED; mov.b64 %rd10, p2;
        cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%rd10, {{%r31, %r30}}], [smem+{staging}];
        cp.async.bulk.commit_group;
    STORED:
        add.s32 %r22, %r22, %r4; bra.uni TILE;
    CONSUMED:
        setp.ne.s32 %p1, %r1, 0; @%p1 bra END; cp.async.bulk.wait_group.read 0; bra.uni END;
    PRODUCER:
        elect.sync _|%p1, -1; @!%p1 bra END; griddepcontrol.wait; mov.b64 %rd11, p0; mov.b64 %rd12, p1;
    NEXT:
        setp.ge.u32 %p3, %r22, %r10; @%p3 bra END; {tile_place} mov.b32 %r23, 0;
    FILL:
        mul.wide.u32 %rd2, %r20, 8; add.s64 %rd2, %rd2, %rd1; xor.b32 %r32, %r21, 1;
    EMPTY:
        mbarrier.try_wait.parity.shared.b64 %p4, [%rd2+{empty}], %r32; @!%p4 bra EMPTY;
        mov.b32 %r33, {2 * tile}; mbarrier.arrive.expect_tx.shared.b64 _, [%rd2+{full}], %r33;
        mul.wide.u32 %rd3, %r20, {tile}; add.s64 %rd3, %rd3, %rd1; shl.b32 %r34, %r23, 6;
        {load} [%rd3], [%rd11, {{%r34, %r30}}], [%rd2+{full}];
        {load} [%rd3+{stages * tile}], [%rd12, {{%r34, %r31}}], [%rd2+{full}];
        {advance} add.s32 %r23, %r23, 1; setp.lt.u32 %p7, %r23, %r11; @%p7 bra FILL;
        add.s32 %r22, %r22, %r4; bra.uni NEXT;
    END:"""
    return kernel(body, ("map", "map", "map", "u32", "u32", "u32"), threads=160), size


def warp_gemm(stages: int = 3) -> tuple[str, int]:
    """Tiles of 32 × 16 × 64 by two warps; parameters: A, B, D (f32), then M, N, K; grid (tiles of N, tiles of M)."""
    rows, stage = 48, 48 * 128
    load = ""
    for n in range(rows * 8 // 64):
        base, bound, limit, pointer = ("%r10", 8 * n, "%r5", "%rd1") if n < 4 else ("%r11", 8 * (n - 4), "%r6", "%rd2")
        load += f"""add.s32 %r40, %r13, {bound}; add.s32 %r40, %r40, {base}; setp.lt.u32 %p4, %r40, {limit}; and.pred %p4, %p4, %p3;
            selp.b32 %r40, %r40, 0, %p4; mad.lo.s32 %r41, %r40, %r7, %r34; selp.b32 %r41, %r41, 0, %p4; mul.wide.u32 %rd5, %r41, 2;
            add.s64 %rd5, %rd5, {pointer}; selp.b32 %r42, 16, 0, %p4;
            cp.async.cg.shared.global [%rd6+{1024 * n}], [%rd5], 16, %r42;"""

    def issue(label, step, slot):
        return f"""setp.ge.u32 %p2, {step}, %r8; @%p2 bra {label}; shl.b32 %r34, {step}, 6; shl.b32 %r35, %r12, 3; add.s32 %r34, %r34, %r35;
            setp.lt.u32 %p3, %r34, %r7; mul.lo.s32 %r36, {slot}, {stage}; add.s32 %r36, %r36, %r14; cvt.u64.u32 %rd6, %r36; add.s64 %rd6, %rd6, %rd4;
            {load} {label}: cp.async.commit_group;"""

    products = ""
    for k in range(4):
        products += f"""add.s32 %r50, %r16, {2 * k}; xor.b32 %r50, %r50, %r18; shl.b32 %r50, %r50, 4; add.s32 %r50, %r50, %r15; add.s32 %r50, %r50, %r37;
            cvt.u64.u32 %rd7, %r50; add.s64 %rd7, %rd7, %rd4;
            ldmatrix.sync.aligned.m8n8.x4.shared.b16 {{%r60, %r61, %r62, %r63}}, [%rd7];
            add.s32 %r51, %r17, {2 * k}; xor.b32 %r51, %r51, %r18; shl.b32 %r51, %r51, 4; add.s32 %r51, %r51, %r19; add.s32 %r51, %r51, %r37;
            cvt.u64.u32 %rd8, %r51; add.s64 %rd8, %rd8, %rd4;
            ldmatrix.sync.aligned.m8n8.x4.shared.b16 {{%r64, %r65, %r66, %r67}}, [%rd8];"""
        for half in (0, 1):
            d = ", ".join(f"%r{100 + 4 * half + n}" for n in range(4))
            products += f"""mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {{{d}}}, {{%r60, %r61, %r62, %r63}},
                {{%r{64 + 2 * half}, %r{65 + 2 * half}}}, {{{d}}};"""
    stores = ""
    for half in (0, 1):
        for n in range(4):
            stores += f"""add.s32 %r70, %r52, {8 * (n >> 1)}; add.s32 %r71, %r53, {8 * half + (n & 1)}; setp.lt.u32 %p5, %r70, %r5;
                setp.lt.and.u32 %p5, %r71, %r6, %p5; mad.lo.s32 %r72, %r70, %r6, %r71; mul.wide.u32 %rd9, %r72, 4; add.s64 %rd9, %rd9, %rd3;
                @%p5 st.global.b32 [%rd9], %r{100 + 4 * half + n};"""
    prologue = "".join(issue(f"EMPTY{s}", f"%r{80 + s}", f"%r{80 + s}") for s in range(stages - 1))
    body = f"""
        mov.u32 %r1, %tid.x; shr.u32 %r2, %r1, 5; and.b32 %r3, %r1, 31; ld.param.b64 %rd1, [p0]; ld.param.b64 %rd2, [p1]; ld.param.b64 %rd3, [p2];
        ld.param.b32 %r5, [p3]; ld.param.b32 %r6, [p4]; ld.param.b32 %r7, [p5]; add.s32 %r8, %r7, 63; shr.u32 %r8, %r8, 6;
        mov.u32 %r10, %ctaid.y; shl.b32 %r10, %r10, 5; mov.u32 %r11, %ctaid.x; shl.b32 %r11, %r11, 4; mov.b64 %rd4, smem;
        and.b32 %r12, %r1, 7; shr.u32 %r13, %r1, 3; xor.b32 %r14, %r12, %r13; shl.b32 %r14, %r14, 4; shl.b32 %r40, %r13, 7; add.s32 %r14, %r14, %r40;
        and.b32 %r18, %r3, 7; and.b32 %r40, %r3, 15; shl.b32 %r41, %r2, 4; add.s32 %r40, %r40, %r41; shl.b32 %r15, %r40, 7; shr.u32 %r16, %r3, 4;
        shl.b32 %r40, %r16, 3; add.s32 %r40, %r40, %r18; shl.b32 %r19, %r40, 7; add.s32 %r19, %r19, 4096; bfe.u32 %r17, %r3, 3, 1;
        {"".join(f"mov.b32 %r{100 + n}, 0f00000000;" for n in range(8))} {"".join(f"mov.b32 %r{80 + s}, {s};" for s in range(stages - 1))}
        {prologue} mov.b32 %r30, 0; mov.b32 %r31, 0; mov.b32 %r32, {stages - 1};
    STEP:
        cp.async.wait_group {stages - 2};
        bar.sync 0; add.s32 %r33, %r30, {stages - 1}; {issue("ISSUED", "%r33", "%r32")}
        mul.lo.s32 %r37, %r31, {stage}; {products}
        add.s32 %r31, %r31, 1; setp.eq.s32 %p1, %r31, {stages}; selp.b32 %r31, 0, %r31, %p1;
        add.s32 %r32, %r32, 1; setp.eq.s32 %p1, %r32, {stages}; selp.b32 %r32, 0, %r32, %p1;
        add.s32 %r30, %r30, 1; setp.lt.u32 %p1, %r30, %r8; @%p1 bra STEP;
        shr.u32 %r52, %r3, 2; shl.b32 %r40, %r2, 4; add.s32 %r52, %r52, %r40; add.s32 %r52, %r52, %r10;
        and.b32 %r53, %r3, 3; shl.b32 %r53, %r53, 1; add.s32 %r53, %r53, %r11; {stores}"""
    return kernel(body, ("u64", "u64", "u64", "u32", "u32", "u32"), threads=64), stages * stage
