# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every form of kernel that the scheduler can choose for the core of a low-rank network, in the emulator on sizes that
fit no tile, and in ptxas at ranks of real networks."""

import dataclasses

import pytest

from gpu_lowering import TARGETS, assemble, tool
from test_gpu_core import Core, check
from test_gpu_variants import schedules

TYPES = pytest.mark.parametrize("type_", ["bf16", "f16"])


def variants(core: Core) -> dict[str, list[Core]]:
    """The core with each schedule that there is for it, by emitter, tile and warps; they differ in their stages."""
    by_form: dict[str, set[Core]] = {}
    for target in ("sm_80", "sm_90a"):
        for match in schedules(core.program(), target, 4096):
            tokens, rows, _ = map(int, match["tile"].split(" x "))
            warps = tuple(map(int, match["warps"].split(" x ")))
            assert rows == -(-core.outputs // 16) * 16 and not match["cluster"] and not match["split"]
            one = dataclasses.replace(core, emitter=match["emitter"], tokens=tokens, warps=warps, stages=int(match["stages"]))
            by_form.setdefault(f"{one.emitter} {tokens}, {warps[0]} x {warps[1]} warps", set()).add(one)
    return {name: sorted(same, key=lambda one: one.stages) for name, same in sorted(by_form.items())}


# Neither ranks nor hidden features are whole steps, and there are more steps than stages.
PLAIN = variants(Core(inputs=72, hidden=328, outputs=40, bias=True, activation="relu"))
GATED = variants(Core(inputs=72, hidden=328, outputs=40, gate=24, activation="silu"))
NAMED = {f"{name}, {one.stages} stages": one for name, same in PLAIN.items() for one in same}
NAMED |= {f"gated {name}, {one.stages} stages": one for name, same in GATED.items() for one in same}
# 32 % of the parameters of networks of 768 and 1024 features; one that only some forms have registers for.
RANKS = (192, 256)


def test_all_emitters_have_variants():
    assert {one.emitter for one in NAMED.values()} == {"mma_sync_core", "wgmma_core"}
    assert {one.emitter for same in GATED.values() for one in same} == {"mma_sync_core"}


@pytest.mark.parametrize("name", NAMED)
def test_variants_late(name):
    check(NAMED[name], NAMED[name].tokens + 3, late=True, seed=7)


@pytest.mark.parametrize("number, name", list(enumerate(PLAIN)))
@TYPES
def test_forms_eager(number, name, type_):
    """One number of stages of each form; the numbers take turns."""
    core = dataclasses.replace(PLAIN[name][number % len(PLAIN[name])], type=type_)
    check(core, core.tokens + 3, late=False, seed=8)


@pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")
@pytest.mark.parametrize("rank", RANKS)
@pytest.mark.parametrize("gate", [False, True], ids=["plain", "gated"])
def test_forms_assemble_without_spills(rank, gate, tmp_path):
    """All that the scheduler can choose at these ranks, by the tensor cores."""
    core = Core(inputs=rank, hidden=768, outputs=rank, bias=True, activation="gelu_tanh")
    core = dataclasses.replace(core, gate=rank if gate else 0, gate_bias=gate)
    multiplies = {"mma_sync_core": "HMMA.", "wgmma_core": "HGMMA."}
    for number, same in enumerate(variants(core).values()):
        form = same[number % len(same)]
        _, instructions = assemble(form.ptx(), TARGETS[form.emitter][0], tmp_path)
        assert not instructions or multiplies[form.emitter] in instructions
