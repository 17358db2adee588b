# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every check of the emulator, each by the smallest kernel that breaks it, and by a twin that does not."""

import numpy as np
import pytest

from emulator import CHECKS, Pointer, PTXError, TensorMap, Violation, emulate
from emulator_programs import kernel, per_lane

MODES = pytest.mark.parametrize("late", [False, True])
ONE = "mov.u32 %r1, %tid.x; setp.ne.s32 %p1, %r1, 0;"  # %p1: not thread 0
LOAD = "cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes"
STORE = "cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group"


def run(body, parameters=(), arguments=(), threads=32, cluster=1, shared=4096, **options):
    return emulate(kernel(body, parameters, threads, cluster), "k", cluster, list(arguments), dynamic_shared=shared, **options)


def box():
    return TensorMap.of(np.ones((16, 64), "u2"), (64, 8))


def wait(place, parity=0, label="W"):
    return f"{label}: mbarrier.try_wait.parity.shared.b64 %p2, [{place}], {parity}; @!%p2 bra {label};"


def wgmma(before="wgmma.fence.sync.aligned;", between="", wait_="wgmma.commit_group.sync.aligned; wgmma.wait_group.sync.aligned 0;",
          start="mov.b32 %r10, 0; mov.b32 %r11, 0; mov.b32 %r12, 0; mov.b32 %r13, 0;"):  # fmt: skip
    """Shared memory is written by its warps, fenced; then a product of it with itself: swizzle 32, n = 8."""
    return f"""mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, 16; mov.b64 %rd2, smem; add.s64 %rd1, %rd1, %rd2; mov.b32 %r2, 0; {start}
        st.shared.v4.b32 [%rd1], {{%r2, %r2, %r2, %r2}}; fence.proxy.async; bar.sync 0; shr.u64 %rd3, %rd2, 4;
        or.b64 %rd3, %rd3, {(256 >> 4 << 32) - (1 << 62)}; {before}
        wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {{%r10, %r11, %r12, %r13}}, %rd3, %rd3, 1, 1, 1, 0, 0; {between} {wait_}"""


RING = f"""{ONE} mov.b64 %rd1, p0; @%p1 bra MADE; mbarrier.init.shared.b64 [smem+2048], 1; mbarrier.init.shared.b64 [smem+2056], 1; fence.mbarrier_init.release.cluster;
    mbarrier.arrive.expect_tx.shared.b64 _, [smem+2048], 1024; {LOAD} [smem], [%rd1, {{0, 0}}], [smem+2048];
    MADE: bar.sync 0;"""
STAGED = f"""{ONE} mul.wide.u32 %rd1, %r1, 32; mov.b64 %rd2, smem; add.s64 %rd1, %rd1, %rd2; mov.b32 %r2, 0;
    st.shared.v4.b32 [%rd1], {{%r2, %r2, %r2, %r2}}; st.shared.v4.b32 [%rd1+16], {{%r2, %r2, %r2, %r2}};"""
SEND = f"mov.b64 %rd3, p0; {STORE} [%rd3, {{0, 0}}], [smem]; cp.async.bulk.commit_group;"

# check → (body, options of run); `right` bodies below differ by the missing piece.
WRONG = {
    "register-in-flight": (wgmma(between="mov.b32 %r20, %r11;"), dict(threads=128)),
    "wgmma-fence-missing": (wgmma(before=""), dict(threads=128)),
    "proxy-fence-missing": (f"{STAGED} bar.sync 0; @%p1 bra E; {SEND} cp.async.bulk.wait_group 0; E:", "map"),
    "divergent-aligned": (f"{ONE} @%p1 bra E; mov.b32 %r2, 0; stmatrix.sync.aligned.m8n8.x1.shared.b16 [smem], {{%r2}}; E:", {}),
    "divergent-barrier": (f"{ONE} @%p1 bra E; bar.sync 0; E:", {}),
    "single-thread": (f"{ONE} @%p1 bra M; mbarrier.init.shared.b64 [smem+2048], 1; fence.mbarrier_init.release.cluster; M: bar.sync 0; mov.b64 %rd1, p0; {LOAD} [smem], [%rd1, {{0, 0}}], [smem+2048];", "map"),
    "barrier-count": ("bar.sync 1, 48;", {}),
    "mbarrier-over-arrival": (f"{ONE} @%p1 bra E; mbarrier.init.shared.b64 [smem], 2; mbarrier.arrive.shared.b64 _, [smem], 3; E:", {}),
    "mbarrier-uninitialised": (f"{ONE} @%p1 bra E; mbarrier.arrive.shared.b64 _, [smem]; E:", {}),
    "mbarrier-fence-missing": (RING.replace("fence.mbarrier_init.release.cluster;", ""), "map"),
    "mbarrier-count": (f"{ONE} @%p1 bra E; mbarrier.init.shared.b64 [smem], 0; E:", {}),
    "transaction-overflow": (f"{ONE} @%p1 bra E; mbarrier.init.shared.b64 [smem], 2; mbarrier.arrive.expect_tx.shared.b64 _, [smem], 2097152; E:", {}),
    "deadlock": (f"{ONE} @%p1 bra M; mbarrier.init.shared.b64 [smem], 1; M: bar.sync 0; {wait('smem')}", {}),
    "step-limit": ("LOOP: bra.uni LOOP;", dict(limit=1000)),
    "tensor-map-argument": (RING.replace("{0, 0}", "{0, 0, 0}").replace("2d", "3d"), "map"),
    "shared-out-of-bounds": ("mov.b32 %r2, 0; st.shared.b32 [smem+4096], %r2;", {}),
    "shared-of-other-block": (
        """mov.b64 %rd1, smem; mapa.shared::cluster.u64 %rd1, %rd1, 1; mov.b32 %r2, %cluster_ctarank; setp.ne.s32 %p1, %r2, 0; @%p1 bra E;
        st.shared.b32 [%rd1], %r2; E: barrier.cluster.arrive.aligned; barrier.cluster.wait.aligned;""", dict(cluster=2)),
    "global-out-of-bounds": ("ld.param.b64 %rd1, [p0]; mov.b32 %r2, 0; st.global.b32 [%rd1+64], %r2;", "pointer"),
    "local-out-of-bounds": (".local .align 4 .b8 f[8]; mov.b64 %rd1, f; mov.b32 %r2, 0; st.local.b32 [%rd1+8], %r2;", {}),
    "misaligned": ("mov.b32 %r2, 0; st.shared.v4.b32 [smem+8], {%r2, %r2, %r2, %r2};", {}),
    "uninitialised-shared": ("ld.shared.b32 %r2, [smem];", {}),
    "uninitialised-register": (f"{ONE} @!%p1 mov.b32 %r2, 1; add.s32 %r3, %r2, 1;", {}),
    "uninitialised-local": (".local .align 4 .b8 f[8]; mov.b64 %rd1, f; ld.local.b32 %r2, [%rd1];", {}),
    "race": ("mov.u32 %r1, %warpid; st.shared.b32 [smem], %r1;", dict(threads=64)),
    "exited-in-flight": (f"{STAGED} fence.proxy.async; bar.sync 0; @%p1 bra E; {SEND} E:", "map"),
    "exited-block": (
        """mov.b64 %rd1, smem; mapa.shared::cluster.u64 %rd1, %rd1, 0; mov.b32 %r2, %cluster_ctarank; setp.eq.s32 %p1, %r2, 0; @%p1 bra E;
        mov.b32 %r3, 0; LOOP: add.s32 %r3, %r3, 1; setp.lt.u32 %p2, %r3, 100; @%p2 bra LOOP; st.shared::cluster.b32 [%rd1], %r2; E:""",
        dict(cluster=2)),
    "descriptor": (wgmma().replace("shr.u64 %rd3, %rd2, 4;", f"shr.u64 %rd3, %rd2, 4; or.b64 %rd3, %rd3, {1 << 49};"), dict(threads=128)),
    "warpgroup-mismatch": (wgmma(before="setp.gt.u32 %p3, %r1, 31; @%p3 add.s64 %rd3, %rd3, 2; wgmma.fence.sync.aligned;"),
                            dict(threads=128, ignore=("uninitialised-shared",))),
    "tensor-memory": ("tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [smem], 32;", {}),
    "register-count": ("setmaxnreg.dec.sync.aligned.u32 20;", {}),
    "dependency-wait-missing": ("ld.param.b64 %rd1, [p0]; ld.global.b32 %r2, [%rd1];", "dependent"),
    "read-only": ("ld.param.b64 %rd1, [p0]; ld.global.nc.b32 %r2, [%rd1]; st.global.b32 [%rd1+32], %r2;", "pointer"),
    "trap": ("trap;", {}),
}  # fmt: skip


def execute(body, options, late=False):
    if options == "map":
        return run(body, ("map",), [box()], late=late)
    if options in ("pointer", "dependent"):
        array = np.zeros(16, "u4")
        dependent = [(array, False)] if options == "dependent" else []
        return run(body, ("u64",), [Pointer(array)], late=late, dependent=dependent)
    return run(body, late=late, **options)


@MODES
@pytest.mark.parametrize("check", WRONG)
def test_violation(check, late):
    with pytest.raises(Violation) as failure:
        execute(*WRONG[check], late)
    assert failure.value.check == check
    if check not in ("step-limit", "read-only"):
        assert "kernel k, warp" in str(failure.value) and "line" in str(failure.value)


def test_every_check_has_a_test():
    assert set(WRONG) | {"tensor-map", "launch"} == set(CHECKS)


@MODES
@pytest.mark.parametrize("body, options", [
    (wgmma(), dict(threads=128)),
    (wgmma(before="add.f32 %r10, %r10, %r10; wgmma.fence.sync.aligned;"), dict(threads=128)),
    (wgmma(before="wgmma.fence.sync.aligned; mov.b32 %r10, 0;"), dict(threads=128)),
    (f"{STAGED} fence.proxy.async; bar.sync 0; @%p1 bra E; {SEND} cp.async.bulk.wait_group 0; E:", "map"),
    (f"{RING} {wait('smem+2048')} ld.shared.b32 %r2, [smem];", "map"),
    ("mov.u32 %r1, %warpid; setp.ne.s32 %p1, %r1, 0; @%p1 bra E; st.shared.b32 [smem], %r1; E: bar.sync 0; ld.shared.b32 %r2, [smem];", dict(threads=64)),
    (f"{ONE} @%p1 mov.b32 %r2, 1; @!%p1 mov.b32 %r2, 2; add.s32 %r3, %r2, 1;", {}),
    ("griddepcontrol.wait; ld.param.b64 %rd1, [p0]; ld.global.b32 %r2, [%rd1];", "dependent"),
    (f"{ONE} @%p1 bra E; griddepcontrol.wait; E: bar.sync 0; ld.param.b64 %rd1, [p0]; ld.global.b32 %r2, [%rd1];", "dependent"),
    (".local .align 4 .b8 f[8]; mov.b64 %rd1, f; mov.b32 %r2, 0; st.local.b32 [%rd1+4], %r2; ld.local.b32 %r3, [%rd1+4];", {})])  # fmt: skip
def test_right_twins_pass(body, options, late):
    execute(body, options, late)


def test_accumulators_computed_after_the_fence():
    with pytest.raises(Violation, match="wgmma-fence-missing"):
        run(wgmma(before="wgmma.fence.sync.aligned; add.f32 %r10, %r10, %r10;"), threads=128)


def test_accumulators_used_between_products_without_a_fence():
    again = "wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%r10, %r11, %r12, %r13}, %rd3, %rd3, 1, 1, 1, 0, 0;"
    end = "wgmma.commit_group.sync.aligned; wgmma.wait_group.sync.aligned 0;"
    run(wgmma() + again + end, threads=128)
    with pytest.raises(Violation, match="wgmma-fence-missing"):
        run(wgmma() + "mov.b32 %r10, 0;" + again + end, threads=128)
    run(wgmma() + "mov.b32 %r10, 0; wgmma.fence.sync.aligned;" + again + end, threads=128)


def test_a_check_can_be_ignored():
    body, options = WRONG["uninitialised-shared"]
    run(body, ignore=("uninitialised-shared",), **options)


# --- races, in every way the kernels use shared memory: found whatever the schedule was


@MODES
@pytest.mark.parametrize("body, options, check, detail", [
    ("mov.u32 %r1, %warpid; setp.ne.s32 %p1, %r1, 0; @%p1 bra R; st.shared.b32 [smem], %r1; bra.uni E; R: ld.shared.b32 %r2, [smem]; E:",
     dict(threads=64, ignore=("uninitialised-shared",)), "race", ""),
    (f"{RING} ld.shared.b32 %r2, [smem];", "map", "race", "copies of mbarrier 2048"),
    (f"{RING} st.shared.b32 [smem+64], %r1;", "map", "race", "copies of mbarrier 2048"),
    (f"{RING} {wait('smem+2048')} ld.shared.b32 %r2, [smem]; setp.ne.s32 %p1, %r1, 32; @%p1 bra E; "
     f"{LOAD} [smem], [%rd1, {{0, 0}}], [smem+2056]; E:", "map64", "race", ""),
    (f"{STAGED} fence.proxy.async; bar.sync 0; @%p1 bra E; {SEND} st.shared.b32 [smem], %r1; cp.async.bulk.wait_group 0; E:",
     "map", "race", "bulk copies of warp 0"),
    (wgmma(wait_="wgmma.commit_group.sync.aligned; st.shared.b32 [%rd1], %r2; wgmma.wait_group.sync.aligned 0;"), dict(threads=128),
     "race", "wgmmas of warpgroup 0"),
    (f"{ONE} mul.wide.u32 %rd1, %r1, 4; mov.b64 %rd2, smem; add.s64 %rd2, %rd2, %rd1; ld.param.b64 %rd3, [p0]; "
     "cp.async.ca.shared.global [%rd2], [%rd3], 4; cp.async.commit_group; cp.async.wait_group 1; ld.shared.b32 %r2, [%rd2];",
     "pointer", "race", "cp.async of warp 0"),
    (wgmma().replace("fence.proxy.async; ", ""), dict(threads=128), "proxy-fence-missing", "an operand of wgmma"),
    (wgmma().replace("fence.proxy.async; bar.sync 0;", "bar.sync 0; fence.proxy.async;"), dict(threads=128), None, ""),
    (f"{ONE} @%p1 bra M; mbarrier.init.shared.b64 [smem], 1; M: setp.ne.s32 %p1, %r1, 32; @%p1 bra E; mbarrier.arrive.shared.b64 _, [smem]; E:",
     dict(threads=64), "mbarrier-uninitialised", "")])  # fmt: skip
def test_order_of_shared_memory(body, options, check, detail, late):
    if options == "map64":
        body, options = body, dict(parameters=("map",), arguments=[box()], threads=64)

    def go():
        return run(body, late=late, **options) if isinstance(options, dict) else execute(body, options, late)

    if check is None:
        go()
        return
    with pytest.raises(Violation) as failure:
        go()
    assert failure.value.check == check
    assert detail in str(failure.value)


DISTRIBUTED = """mov.u32 %r1, %tid.x; mov.u32 %r2, %cluster_ctarank; mov.b64 %rd1, smem; mul.wide.u32 %rd2, %r1, 4; add.s64 %rd1, %rd1, %rd2;
    mapa.shared::cluster.u64 %rd3, %rd1, 0; setp.eq.s32 %p1, %r2, 0; @%p1 bra W; st.shared::cluster.b32 [%rd3], %r1;
    W: {wait} setp.ne.s32 %p1, %r2, 0; @%p1 bra E; ld.shared.b32 %r3, [%rd1]; E: {wait}"""


@MODES
def test_distributed_shared_memory_needs_the_cluster_barrier(late):
    options = dict(cluster=2, late=late, ignore=("uninitialised-shared",))
    barrier = "barrier.cluster.arrive.aligned; barrier.cluster.wait.aligned;"
    run(DISTRIBUTED.format(wait=barrier), **options)
    with pytest.raises(Violation, match="race|exited-block"):
        run(DISTRIBUTED.format(wait=""), **options)
    with pytest.raises(Violation, match="exited-block"):  # rank 0 reads nothing, and might have left
        run(DISTRIBUTED.format(wait="").replace("ld.shared.b32 %r3, [%rd1];", ""), **options)
    with pytest.raises(Violation, match="race|exited-block|barrier-count"):
        run(DISTRIBUTED.format(wait="bar.sync 0;"), **options)


# --- late asynchrony shows missing waits as wrong results, with no check's help


def bytes_seen(body, parameters, arguments, late, threads=32):
    """What a kernel stores to the last argument, the checks being off."""
    ignore = ("race", "uninitialised-shared", "register-in-flight", "exited-in-flight", "proxy-fence-missing")
    emulate(kernel(body, parameters, threads), "k", 1, arguments, dynamic_shared=4096, late=late, ignore=ignore)


@MODES
@pytest.mark.parametrize("waits", [False, True])
def test_late_tensor_copy(late, waits):
    out = np.zeros(32, "u4")
    body = f"""{RING} {wait("smem+2048") if waits else ""} mul.wide.u32 %rd2, %r1, 4; mov.b64 %rd3, smem; add.s64 %rd3, %rd3, %rd2;
        ld.shared.b32 %r2, [%rd3]; ld.param.b64 %rd4, [p1]; add.s64 %rd4, %rd4, %rd2; st.global.b32 [%rd4], %r2;"""
    bytes_seen(body, ("map", "u64"), [box(), Pointer(out)], late)
    assert (out == 0x00010001).all() == (waits or not late)


@MODES
@pytest.mark.parametrize("waits", [False, True])
def test_late_cp_async(late, waits):
    source, out = np.arange(1, 33, dtype="u4"), np.zeros(32, "u4")
    body = f"""mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, 4; mov.b64 %rd2, smem; add.s64 %rd2, %rd2, %rd1; ld.param.b64 %rd3, [p0];
        ld.param.b64 %rd4, [p1]; add.s64 %rd3, %rd3, %rd1; add.s64 %rd4, %rd4, %rd1; cp.async.ca.shared.global [%rd2], [%rd3], 4;
        cp.async.commit_group; {"cp.async.wait_group 0;" if waits else ""} ld.shared.b32 %r2, [%rd2]; st.global.b32 [%rd4], %r2;"""
    bytes_seen(body, ("u64", "u64"), [Pointer(source), Pointer(out)], late)
    assert (out == source).all() == (waits or not late)


@MODES
@pytest.mark.parametrize("waits", [False, True])
def test_late_bulk_store(late, waits):
    """The source is overwritten after the store was issued."""
    target = np.zeros((8, 64), "u2")
    wait_ = "cp.async.bulk.wait_group.read 0;" if waits else ""
    body = f"{STAGED} fence.proxy.async; bar.sync 0; @%p1 bra E; {SEND} {wait_} st.shared.b32 [smem], 7; cp.async.bulk.wait_group 0; E:"
    target[:] = 9
    bytes_seen(body, ("map",), [TensorMap.of(target, (64, 8))], late)
    assert (target == 0).all() == (waits or not late)


@MODES
@pytest.mark.parametrize("waits", [False, True])
def test_late_wgmma(late, waits):
    """Zeros times zeros into accumulators of ones, without adding: ones are seen where the result is read too early."""
    out = np.zeros(128, "f4")
    end = "wgmma.commit_group.sync.aligned; bar.sync 0;" + ("wgmma.wait_group.sync.aligned 0;" if waits else "")
    store = """ld.param.b64 %rd9, [p0]; mul.wide.u32 %rd10, %r1, 4; add.s64 %rd9, %rd9, %rd10; st.global.b32 [%rd9], %r10;
        wgmma.wait_group.sync.aligned 0;"""
    body = wgmma(wait_=end, start="".join(f"mov.b32 %r1{n}, 0f3F800000;" for n in range(4))).replace("%rd3, 1, 1, 1", "%rd3, 0, 1, 1")
    bytes_seen(body + store, ("u64",), [Pointer(out)], late, threads=128)
    assert (out == 0).all() == (waits or not late)


def test_cp_async_of_other_warps_needs_a_barrier():
    body = """mov.u32 %r1, %tid.x; mul.wide.u32 %rd1, %r1, 4; mov.b64 %rd2, smem; add.s64 %rd4, %rd2, %rd1; ld.param.b64 %rd3, [p0];
        cp.async.ca.shared.global [%rd4], [%rd3], 4; cp.async.wait_all; {barrier} xor.b32 %r2, %r1, 32; mul.wide.u32 %rd1, %r2, 4;
        add.s64 %rd4, %rd2, %rd1; ld.shared.b32 %r3, [%rd4];"""
    arguments = dict(parameters=("u64",), arguments=[Pointer(np.zeros(4, "u4"))], threads=64)
    run(body.format(barrier="bar.sync 0;"), **arguments)
    with pytest.raises(Violation, match="race|uninitialised"):
        run(body.format(barrier=""), **arguments)


@pytest.mark.parametrize("body, sentence", [
    ("bar.sync 0, 64; bar.sync 0, 32;", "deadlock"),
    ("mov.u32 %r1, %warpid; setp.ne.s32 %p1, %r1, 0; @%p1 bra A; bar.sync 1, 64; bra.uni E; A: bar.sync 1, 32; E:", "barrier-count"),
    ("barrier.cluster.wait.aligned;", "barrier-count"),
    ("barrier.cluster.arrive.aligned; barrier.cluster.arrive.aligned;", "barrier-count")])  # fmt: skip
def test_barriers(body, sentence):
    with pytest.raises(Violation, match=sentence):
        run(body, threads=64 if "warpid" in body else 32)


# --- tensor maps and launches


@pytest.mark.parametrize("change, sentence", [
    (dict(byte_offset=8), "address must be a multiple of 16"), (dict(strides=(120,)), "strides are multiples of 16"),
    (dict(box=(64, 257)), "box sizes are 1"), (dict(box=(65, 8)), "multiple of 16 bytes"), (dict(box=(128, 8)), "must not exceed the swizzle"),
    (dict(swizzle=16), "swizzle is 0, 32, 64 or 128"), (dict(box=(64,)), "ranks differ"), (dict(dims=(0, 16)), "dims are 1")])  # fmt: skip
def test_tensor_map_rules(change, sentence):
    fields = dict(buffer=np.zeros((16, 64), "u2"), element_type="bf16", dims=(64, 16), strides=(128,), box=(64, 8), swizzle=128)
    TensorMap(**fields)
    with pytest.raises(Violation, match=sentence) as failure:
        TensorMap(**{**fields, **change})
    assert failure.value.check == "tensor-map"


def test_tensor_map_beyond_its_buffer():
    with pytest.raises(Violation, match="global-out-of-bounds"):
        TensorMap(np.zeros((15, 64), "u2"), "bf16", (64, 16), (128,), (64, 8))


@pytest.mark.parametrize("arguments, options, sentence", [
    ([], {}, "0 arguments for 1"), ([5], dict(cluster=2), "a cluster of 2"), ([5], dict(grid=3), "a grid of"),
    ([Pointer(np.zeros(4))], {}, "a pointer for parameter p0 of 4 bytes"), ([box()], {}, "a tensor map for parameter p0")])  # fmt: skip
def test_launch_disagrees(arguments, options, sentence):
    grid, cluster = options.pop("grid", 2), 2 if sentence == "a grid of" else 1
    with pytest.raises(Violation, match=sentence) as failure:
        emulate(kernel("", ("u32",), cluster=cluster), "k", grid, arguments, **options)
    assert failure.value.check == "launch"


def test_threads_may_be_left_to_the_launch():
    """Without .reqntid the launch says how many; with it, another number disagrees. The last warp may be short."""
    out = np.zeros(64, "u4")
    body = "mov.u32 %r1, %tid.x; ld.param.b64 %rd1, [p0]; mul.wide.u32 %rd2, %r1, 4; add.s64 %rd1, %rd1, %rd2; st.global.b32 [%rd1], 1;"
    text = kernel(body, ("u64",))
    emulate(text.replace(".reqntid 32", ""), "k", 1, [Pointer(out)], threads=40)
    np.testing.assert_array_equal(out, np.arange(64) < 40)
    for ptx, threads in ((text, 64), (text.replace(".reqntid 32", ""), None)):
        with pytest.raises(Violation, match="launch"):
            emulate(ptx, "k", 1, [Pointer(out)], threads=threads)


def test_kernel_names():
    with pytest.raises(PTXError, match="no kernel 'other', but k"):
        emulate(kernel("", ()), "other", 1, [])


def test_undefined_values_of_diverged_lanes():
    """A register that only some lanes wrote may be read by these."""
    body = "mov.u32 %r1, %tid.x; setp.gt.u32 %p1, %r1, 3; mov.b32 {o0}, 5; @%p1 bra E; mov.b32 %r2, 7; mov.b32 {o0}, %r2; E:"
    (found,) = per_lane(body, [], ["u4"])
    np.testing.assert_array_equal(found, np.where(np.arange(32) > 3, 5, 7))
