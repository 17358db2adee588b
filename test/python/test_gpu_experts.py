# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sums of experts: routing, products by expert and their sum as kernels in the emulator, against numpy in f64."""

import dataclasses
import re

import numpy as np
import pytest

from emulator.artefact import ArtefactError
from emulator.mutation import MUTATIONS, Mutation, remove, verdict
from emulator.plan import Plan, PlanBuffer, PointerArgument, run_plan
from gpu_experts import Experts, artefact_of, error_of, kernels_of, run_experts, tokens_of
from gpu_lowering import STORAGE, assemble, to_bits, to_values, tool

MODES = pytest.mark.parametrize("late", [False, True], ids=["eager", "late"])
# Of a row's norm: values between products are rounded, and the sum of them once more.
TOLERANCE = {"bf16": 1.6e-2, "f16": 2e-3, "f32": 2e-3}


def check(experts: Experts, tokens: int, gates: np.ndarray | None = None, **options):
    x = tokens_of(experts, tokens)
    gates = experts.gates(tokens, tokens) if gates is None else gates
    assert error_of(experts, x, gates, **options) < TOLERANCE[experts.type]


SHAPES = {
    "bf16": Experts(),
    "f16": Experts("f16", width=56, hidden=72, stages=2),
    "f32": Experts("f32", width=36, hidden=40),
    "bias": Experts(bias=True),
    "gated": Experts(gated=True),
    "gated with biases": Experts("f16", gated=True, bias=True, tile=(32, 64), warps=(2, 2)),
    "one choice": Experts(choices=1, bias=True),
    "all choices": Experts(experts=3, choices=3),
    "one expert": Experts(experts=1, choices=1),
    "more experts than lanes": Experts(experts=35, choices=2, width=16, hidden=16),
    "blocks in runs": Experts(blocks=2, run=6, bias=True),
    "gated blocks": Experts(blocks=2, run=3, gated=True),
    "rows of 4 bytes": Experts(width=38, hidden=42),
    "rows of 2 bytes": Experts(width=37, hidden=41, bias=True),
    "many warps": Experts(route_warps=32, combine_warps=8),
    "more steps than stages": Experts(width=200, hidden=72, stages=2),
}


@MODES
@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name, late):
    check(SHAPES[name], 53, late=late, seed=1)


@MODES
@pytest.mark.parametrize("tokens", [1, 2, 16, 33, 130])
def test_tokens(tokens, late):
    check(Experts(bias=True, gated=True), tokens, late=late, seed=tokens)


def test_tokens_of_several_rounds_of_each_warp():
    check(Experts(width=8, hidden=8, tile=(64, 32), warps=(2, 1)), 300)


def test_experts_without_tokens():
    experts = Experts(experts=6, choices=1)
    gates = np.zeros((41, 6))
    gates[:, [1, 4]] = np.random.default_rng(0).integers(0, 2, (41, 1)) ^ [0, 1]
    check(experts, 41, to_bits(gates, "bf16"), late=True)


@pytest.mark.parametrize("expert", [0, 2, 3])
def test_all_tokens_on_one_expert(expert):
    gates = np.zeros((50, 4))
    gates[:, expert] = 1.0
    check(Experts(bias=True), 50, to_bits(gates, "bf16"), late=True)


def test_no_token_has_an_expert():
    """Their results are zeros, biases or not."""
    experts = Experts(bias=True)
    y = run_experts(experts, tokens_of(experts, 19), to_bits(np.zeros((19, 4)), "bf16"))
    assert (y == 0).all()


def test_gates_that_are_too_many_do_not_count():
    """Four of four gates where there is room for two: the first two experts compute, and nothing is overwritten."""
    experts = Experts(choices=2)
    gates = to_bits(np.random.default_rng(5).uniform(0.5, 1, (37, 4)), "bf16")
    check(experts, 37, gates, late=True)


def test_minus_zero_is_no_gate():
    experts = Experts(choices=1)
    gates = np.full((20, 4), -0.0)
    gates[:, 3] = 0.5
    check(experts, 20, to_bits(gates, "bf16"))


def test_a_token_without_an_expert_may_be_anything():
    """NaNs of tokens that nobody chose are not read into the results of others."""
    experts = Experts()
    x, gates = tokens_of(experts, 40), experts.gates(40)
    gates[7] = gates[39] = 0
    wanted = run_experts(experts, x, gates)
    x[7] = x[39] = 0x7FC0
    assert (run_experts(experts, x, gates) == wanted).all()


def routed(model: Experts, tokens: int, ptx: str | None = None) -> list[tuple[np.ndarray, np.ndarray]]:
    """Offsets, tokens and places as the kernel writes them and as numpy counts them."""
    route = kernels_of(model, zeros=True)[0]
    route = dataclasses.replace(route, ptx=ptx or route.ptx)
    gates = model.gates(tokens, 3)
    chosen = to_values(gates, model.type) != 0
    chosen &= np.cumsum(chosen, 1) <= model.choices
    expert, token = np.nonzero(chosen.T)
    found = [np.full(shape, -7, "i4") for shape in (model.experts + 1, (tokens, model.choices), chosen.shape)]
    plan = Plan([PlanBuffer("input")] + [PlanBuffer("output", i) for i in range(3)], [route])
    route.arguments = [PointerArgument(i) for i in range(4)] + route.arguments[4:]
    run_plan(plan, tokens, [gates], found, late=True)
    places = np.full(chosen.shape, -1)
    places[token, expert] = np.arange(len(token))
    offsets = np.concatenate([[0], np.cumsum(chosen.sum(0))])
    return [(found[0], offsets), (found[1].reshape(-1)[: len(token)], token), (found[2], places)]


@pytest.mark.parametrize("type_", STORAGE)
@pytest.mark.parametrize("warps", [4, 8, 16, 32])
@pytest.mark.parametrize("experts, choices", [(9, 2), (40, 3), (64, 64)])
def test_routes(type_, warps, experts, choices):
    for found, wanted in routed(Experts(type_, experts, choices, 8, 8, route_warps=warps), 150):
        assert (found == wanted).all()


def test_the_sum_is_in_the_order_of_experts():
    """1 + 2^-9 + 2^-9 rounds to 1 + 2^-7 in f32 only if the small ones are not lost one by one."""
    experts = Experts(experts=3, choices=3, width=8, hidden=8)
    combine = kernels_of(experts)[-1]
    rows = to_bits(np.array([[1.0] * 8, [2.0**-8] * 8, [2.0**-8] * 8]), "bf16").reshape(1, 3, 8)
    places, gates = np.arange(3, dtype="i4")[None], to_bits(np.ones((1, 3)), "bf16")
    y = np.zeros((1, 8), "u2")
    combine.arguments = [PointerArgument(i) for i in range(4)] + combine.arguments[4:]
    plan = Plan([PlanBuffer("input", i) for i in range(3)] + [PlanBuffer("output")], [combine])
    run_plan(plan, 1, [rows, gates, places], [y])
    assert (to_values(y, "bf16") == 1 + 2.0**-7).all()


# Bugs of the new kernels: each is a check that fails, or a wrong result.

# More experts than lanes and tokens for every warp, so that no barrier is between threads of one warp only.
ROUTES = Experts(experts=40, choices=3, width=8, hidden=8)
# More steps than stages, so that loops stay loops.
PIPELINE = Experts(experts=3, bias=True, gated=True, width=328, hidden=328, tile=(32, 64), warps=(2, 2))


def bugs_of(ptx: str, kernel: str, *opcodes: str) -> list[Mutation]:
    """The absence of each instruction of these names in one kernel, as edits of the whole text."""
    start = re.search(rf"\.entry {kernel}\(", ptx).start()
    end = ptx.find(".entry", start + 8)
    bugs = []
    for opcode in opcodes:
        pattern = re.escape(opcode) + r"\b"
        before, own = (len(re.findall(pattern, text)) for text in (ptx[:start], ptx[start : end if end > 0 else None]))
        bugs += [remove(f"{kernel} without {opcode} number {i}", pattern, before + i) for i in range(own)]
    return bugs


ROUTES_PTX, PIPELINE_PTX = (kernels_of(one, zeros=True)[0].ptx for one in (ROUTES, PIPELINE))
ROUTE_BUGS = bugs_of(ROUTES_PTX, "route_3of40", "bar.sync", "popc.b32", "st.shared.b32", "st.global.b32", "shfl.sync.idx.b32")
PRODUCTS = sorted({step.kernel for step in kernels_of(PIPELINE, zeros=True) if step.kernel.startswith("mma_sync")})
BUGS = [mutation for mutation in MUTATIONS if mutation.applies(PIPELINE_PTX)] + [
    bug
    for kernel in PRODUCTS
    for bug in bugs_of(PIPELINE_PTX, kernel, "bar.sync", "cp.async.commit_group", "cp.async.wait_group")
]


def routes_are_right(ptx):
    return all((found == wanted).all() for found, wanted in routed(ROUTES, 230, ptx))


def pipeline_is_right(ptx):
    experts, tokens = PIPELINE, 40
    x, gates = tokens_of(experts, tokens), experts.gates(tokens)
    return error_of(experts, x, gates, ptx=ptx, late=True, seed=3) < TOLERANCE["bf16"]


def test_what_bugs_are_put_into_is_right():
    assert routes_are_right(ROUTES_PTX) and pipeline_is_right(PIPELINE_PTX)


@pytest.mark.parametrize("bug", ROUTE_BUGS, ids=lambda bug: bug.name)
def test_bugs_of_routing_are_caught(bug):
    assert verdict(bug, ROUTES_PTX, routes_are_right) != "survived"


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_bugs_of_products_are_caught(bug):
    assert verdict(bug, PIPELINE_PTX, pipeline_is_right) != "survived"


@pytest.mark.parametrize(
    "bug",
    [
        Mutation("rows of no expert are added too", r"(setp\.lt\.s64\s+%p\d+, %rd\d+), 0;", r"\1, -5;"),
        remove("an expert is not added", r"fma\.rn\.f32", 0),
        remove("nothing is stored", r"st\.global\.v4\.b32"),
    ],
    ids=lambda bug: bug.name,
)
def test_bugs_of_the_sum_are_caught(bug):
    experts = Experts(width=64)
    ptx = kernels_of(experts)[0].ptx
    start = ptx.index(".entry combine")

    def is_right(mutated):
        x, gates = tokens_of(experts, 40), experts.gates(40)
        return error_of(experts, x, gates, ptx=ptx[:start] + mutated, late=True) < TOLERANCE["bf16"]

    assert is_right(ptx[start:]) and verdict(bug, ptx[start:], is_right) != "survived"


# What layers of real sizes take.
LAYERS = {
    "bf16": Experts(experts=8, width=768, hidden=1024, bias=True, gated=True, tile=(64, 64), warps=(2, 2), stages=4),
    "wide tiles": Experts(experts=8, width=768, hidden=1024, bias=True, gated=True, tile=(128, 128), warps=(2, 4)),
    "f32": Experts("f32", experts=8, width=768, hidden=1024, gated=True, tile=(64, 64), warps=(2, 2)),
    "f16, few tokens": Experts("f16", experts=64, choices=4, width=256, hidden=256, tile=(16, 64), warps=(1, 4)),
    "odd rows": Experts(experts=4, width=255, hidden=257, bias=True, gated=True, tile=(128, 64), warps=(4, 2)),
    "widest tiles": Experts(experts=8, width=768, hidden=1024, bias=True, gated=True, tile=(256, 128), warps=(4, 2)),
}


@pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")
@pytest.mark.parametrize("chip", ["sm_80", "sm_90a", "sm_120a"])
@pytest.mark.parametrize("name", LAYERS)
def test_assembles_without_spills(name, chip, tmp_path):
    assemble(kernels_of(LAYERS[name], zeros=True)[0].ptx, chip, tmp_path)


def test_the_artefact_has_room_for_all_choices():
    """Rows by experts take choices · tokens rows of the workspace, and grids the tiles of the worst case."""
    experts = Experts(experts=5, choices=2, width=40, hidden=48)
    artefact = artefact_of(experts.program())
    plan = artefact.plan(artefact.entry("/experts"), 0, 1)
    hidden = max(buffer.size.at(100) for buffer in plan.buffers if buffer.kind == "workspace")
    assert hidden == 100 * 2 * 48 * 2
    assert [step.grid_x.at(100) for step in plan.steps] == [1, (13 + 4) * 2, (13 + 4) * 2, 25]


def test_rows_of_all_choices_are_32_bit_numbers():
    artefact = artefact_of(Experts(experts=8, choices=8, width=8, hidden=8).program())
    assert artefact.plan(artefact.entry("/experts"), 0, 2**28 - 1)
    with pytest.raises(ArtefactError, match="no plan for 268435456 tokens"):
        artefact.plan(artefact.entry("/experts"), 0, 2**28)
