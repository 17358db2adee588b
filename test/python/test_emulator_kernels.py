# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whole kernels in the emulator on ragged sizes, with and without late asynchrony, and the bugs seeded into them."""

import re

import numpy as np
import pytest

from emulator import Pointer, PTXError, TensorMap, emulate
from emulator.mutation import MUTATIONS, Mutation, remove, verdict
from emulator.numbers import bf16_bits, bf16_value
from emulator_kernels import warp_gemm, warpgroup_gemm

MODES = pytest.mark.parametrize("late", [False, True])


def operands(m, n, k):
    generator = np.random.default_rng(1)
    a, b = (bf16_bits(generator.standard_normal((rows, k)).astype("f4")) for rows in (m, n))
    return a, b, bf16_value(a) @ bf16_value(b).T


def error(found, wanted):
    return np.linalg.norm(found - wanted) / np.linalg.norm(wanted)


def run_warpgroup_gemm(ptx, size, m, n, k, grid=2, **options):
    a, b, wanted = operands(m, n, k)
    d = np.full((m, n), 0x7FC0, "u2")
    maps = [TensorMap.of(x, (64, 64)) for x in (a, b, d)]
    statistics = emulate(ptx, "k", grid, [*maps, m, n, k], dynamic_shared=size, **options)
    return error(bf16_value(d), wanted), statistics


def run_warp_gemm(ptx, size, m, n, k, **options):
    a, b, wanted = operands(m, n, k)
    d = np.full((m, n), np.nan, "f4")
    grid = (-(-n // 16), -(-m // 32))
    statistics = emulate(ptx, "k", grid, [Pointer(x) for x in (a, b, d)] + [m, n, k], dynamic_shared=size, **options)
    return error(d, wanted), statistics


KERNELS = {
    "warpgroup": (warpgroup_gemm, run_warpgroup_gemm, [(1, 8, 8), (64, 64, 64), (130, 136, 456), (70, 200, 72)]),
    "warp": (warp_gemm, run_warp_gemm, [(1, 2, 8), (32, 16, 64), (33, 18, 328), (70, 40, 200)]),
}


@MODES
@pytest.mark.parametrize("name, size", [(name, size) for name, (_, _, sizes) in KERNELS.items() for size in sizes])
def test_ragged_products(name, size, late):
    build, run, _ = KERNELS[name]
    found, statistics = run(*build(), *size, late=late, seed=sum(size))
    assert found < 3e-3
    assert statistics.bank_conflicts == 0


@pytest.mark.parametrize("name, stages", [("warpgroup", 2), ("warpgroup", 4), ("warp", 2), ("warp", 4)])
def test_stages_and_seeds(name, stages):
    build, run, _ = KERNELS[name]
    for seed in range(3):
        assert run(*build(stages), 40, 72, 392, late=True, seed=seed)[0] < 3e-3


OWN_MUTATIONS = (
    Mutation("expects too few bytes", r"mov\.b32 %r33, 16384", "mov.b32 %r33, 8192"),
    Mutation("expects too many bytes", r"mov\.b32 %r33, 16384", "mov.b32 %r33, 16400"),
    Mutation("one arrival frees a stage", r"(mbarrier\.init[^;]*), 4;", r"\1, 1;"),
    Mutation("wrong descriptor stride", r"(or\.b64 %rd4, %rd3), \d+", rf"\1, {(1 << 62) | (512 >> 4 << 32) | (1 << 16)}"),
    Mutation("a k step is skipped", r"(add\.s64 %rd7, %rd4), 2;", r"\1, 4;"),
    Mutation("unswizzled staging", r"xor\.b32 %r44, %r44, %r29;", ""),
    Mutation("wrong swizzle of A", r"xor\.b32 %r50, %r50, %r18;", "", 0),
    Mutation("source size ignores the edge", r"selp\.b32 %r42, 16, 0, %p4", "mov.b32 %r42, 16"),
    Mutation("no bound on the store", r"@%p5 st\.global", "st.global"),
    remove("no barrier before the next copies", r"bar\.sync 0", -1),
    remove("no barrier after the staging is written", r"bar\.sync 1, 128", -1),
)  # fmt: skip
CASES = [(name, mutation) for name, (build, _, _) in KERNELS.items() for mutation in (*MUTATIONS, *OWN_MUTATIONS) if mutation.applies(build()[0])]


@MODES
@pytest.mark.parametrize("name, mutation", CASES, ids=[f"{name}-{mutation.name}" for name, mutation in CASES])
def test_mutations_are_caught(name, mutation, late):
    build, run, _ = KERNELS[name]
    ptx, size = build()
    found = verdict(mutation, ptx, lambda text: run(text, size, 130, 136, 456, late=late, seed=3)[0] < 3e-3)
    assert found != "survived"


SYNCHRONISATION = ("bar.sync", "fence.proxy", "fence.mbarrier", "mbarrier.arrive", "mbarrier.try_wait", "wgmma.fence", "wgmma.commit_group",
                   "wgmma.wait_group", "cp.async.bulk.commit_group", "cp.async.bulk.wait_group", "cp.async.commit_group", "cp.async.wait_group")  # fmt: skip


@pytest.mark.parametrize("name, opcode", [(n, o) for n in KERNELS for o in SYNCHRONISATION if re.search(rf"{o}[. ]", KERNELS[n][0]()[0])])
def test_no_synchronisation_is_dispensable(name, opcode):
    """Each place at which a kernel waits, arrives or fences, removed alone."""
    build, run, _ = KERNELS[name]
    ptx, size = build()
    for place in range(len(re.findall(rf"{opcode}[. ]", ptx))):
        mutation = remove(f"without {opcode} number {place}", opcode.replace(".", r"\."), place)
        assert verdict(mutation, ptx, lambda text: run(text, size, 130, 136, 456, late=True, seed=3)[0] < 3e-3) != "survived"


def test_every_mutation_applies_somewhere():
    applied = {mutation.name for _, mutation in CASES}
    elsewhere = {"no cluster barrier wait"}  # neither kernel runs in a cluster
    assert applied | elsewhere == {mutation.name for mutation in (*MUTATIONS, *OWN_MUTATIONS)}


def test_a_mutation_must_apply_and_a_failure_to_run_is_no_verdict():
    ptx, size = warp_gemm()
    with pytest.raises(ValueError, match="does not apply"):
        verdict(Mutation("nothing", "no such text", ""), ptx, lambda text: True)
    with pytest.raises(PTXError):
        verdict(Mutation("not PTX", r"bar\.sync", "bar.unknown"), ptx, lambda text: run_warp_gemm(text, size, 8, 8, 8)[0] < 1)
    assert verdict(Mutation("harmless", r"%r72", "%r73"), ptx, lambda text: run_warp_gemm(text, size, 8, 8, 8)[0] < 1) == "survived"


def test_dependent_launch_needs_its_wait():
    ptx, size = warpgroup_gemm()
    a, b, _ = operands(64, 64, 64)
    d = np.zeros((64, 64), "u2")
    arguments = [*[TensorMap.of(x, (64, 64)) for x in (a, b, d)], 64, 64, 64]
    options = dict(dynamic_shared=size, dependent=[(a, False)])
    emulate(ptx, "k", 1, arguments, **options)
    without = remove("no wait", r"griddepcontrol\.wait")
    assert verdict(without, ptx, lambda text: bool(emulate(text, "k", 1, arguments, **options))) == "dependency-wait-missing"
