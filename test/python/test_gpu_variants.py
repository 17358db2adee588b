# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every form of kernel that the scheduler can choose for a product, in the emulator on sizes that fit no tile; and
random products with random ones of their candidates. SLIN_RANDOM_KERNELS says how many of these there are."""

import dataclasses
import os
import re
import subprocess

import numpy as np
import pytest

from gpu_lowering import TARGETS, Product, assemble, check, tool

DESCRIPTION = re.compile(
    r"(?P<emitter>\w+), tile (?P<tile>\d+ x \d+ x \d+), (?P<stages>\d+) stages, (?P<warps>\d+ x \d+) warps"
    r"(, clusters of (?P<cluster>\d+))?(, columns in (?P<split>\d+) parts)?(?P<persistent>, persistent)?"
    r"(, assembled only)?: tensor cores"
)


def schedules(program: str, target: str, tokens: int) -> list[re.Match]:
    """Those that --slin-gpu-print-schedules has a time for, in the order of these."""
    program = re.sub(r"schedule = #slingpu\.schedule<.*?>,? ?", "", program)
    command = ["slin-opt", f"--slin-gpu-print-schedules=target={target} tokens={tokens}", "-o", os.devnull, "-"]
    done = subprocess.run(command, input=program, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = list(DESCRIPTION.finditer(done.stderr))
    assert found, done.stderr
    return found


def candidates(product: Product, target: str, tokens: int) -> list[Product]:
    """The product with each schedule that the scheduler may choose."""
    found = []
    for match in schedules(product.program(), target, tokens):
        tile, warps = (tuple(map(int, match[name].split(" x "))) for name in ("tile", "warps"))
        found.append(
            dataclasses.replace(
                product, emitter=match["emitter"], tile=tile, warps=warps, stages=int(match["stages"]),
                cluster=int(match["cluster"] or 1), split=int(match["split"] or 1), persistent=bool(match["persistent"]),
            )
        )  # fmt: skip
    return found


def variants() -> dict[str, list[Product]]:
    """All candidates by their form: emitter, tile, warps, cluster and split; they differ in their stages."""
    layer, by_form = Product(rows=4096, columns=4096), {}
    for target in ("sm_80", "sm_90a", "sm_100a"):
        for tokens in (1, 9, 17, 25, 33, 57, 4096):
            for one in candidates(layer, target, tokens):
                name = f"{one.emitter} {one.tile[0]} x {one.tile[1]}, {one.warps[0]} x {one.warps[1]} warps"
                name += f", cluster {one.cluster}, split {one.split}"
                by_form.setdefault(name, set()).add(one)
    return {name: sorted(same, key=lambda one: one.stages) for name, same in sorted(by_form.items())}


# What ptxas makes of products.
MULTIPLIES = {"mma_sync": "HMMA.", "wgmma": "HGMMA.", "skinny": "HGMMA.", "tcgen05": "UTCHMMA "}
VARIANTS = variants()
NAMED = {f"{name}, {one.stages} stages": one for name, same in VARIANTS.items() for one in same}


def check_variant(form: Product, late: bool):
    """More than one tile of tokens and rows, none of them full, and a last step of columns that is not."""
    product = dataclasses.replace(
        form, rows=form.tile[1] + 8, columns=64 * max(form.split, 2) + 24, bias=True, activation="relu"
    )
    check(product, form.tile[0] + 3, lambda x: np.maximum(x, 0), late=late, seed=7)


def test_all_emitters_have_variants():
    assert {one.emitter for one in NAMED.values()} == {"mma_sync", "wgmma", "skinny", "tcgen05"}


@pytest.mark.parametrize("name", NAMED)
def test_variants_late(name):
    check_variant(NAMED[name], late=True)


@pytest.mark.parametrize("number, name", list(enumerate(VARIANTS)))
def test_forms_eager(number, name):
    """One number of stages of each form; the numbers take turns."""
    check_variant(VARIANTS[name][number % len(VARIANTS[name])], late=False)


@pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")
@pytest.mark.parametrize("number, name", list(enumerate(VARIANTS)))
def test_forms_assemble_without_spills(number, name, tmp_path):
    """With the widest epilogue that there is, by the tensor cores."""
    form = VARIANTS[name][number % len(VARIANTS[name])]
    product = dataclasses.replace(
        form, rows=3072, columns=768, bias=True, gate=True, residual=True, activation="gelu_tanh"
    )
    _, instructions = assemble(product.ptx(), TARGETS[form.emitter][0], tmp_path)
    assert not instructions or MULTIPLIES[form.emitter] in instructions


def random_product(random: np.random.Generator) -> Product:
    type_ = str(random.choice(["bf16", "f16", "f32"]))
    blocks = int(random.choice([1, 1, 2, 3]))
    rows, columns = (int(random.integers(1, most)) for most in (150, 260))
    run = int(random.choice([length for length in range(1, rows + 1) if rows % length == 0]))
    bias, gate, residual = (bool(random.integers(2)) for _ in range(3))
    return Product(type_, blocks, rows, columns, run, bias, gate, residual, str(random.choice(["relu", "abs"])))


@pytest.mark.parametrize("seed", range(int(os.environ.get("SLIN_RANDOM_KERNELS", "16"))))
def test_random_products(seed):
    random = np.random.default_rng(seed)
    product, tokens = random_product(random), int(random.integers(1, 140))
    target = str(random.choice(["sm_80", "sm_90a", "sm_100a"]))
    # The widest tiles take long, and are above.
    found = [one for one in candidates(product, target, tokens) if one.tile[0] * one.tile[1] <= 128 * 64]
    chosen = found[int(random.integers(len(found)))]
    function = {"relu": lambda x: np.maximum(x, 0), "abs": np.abs}[product.activation]
    check(chosen, tokens, function, late=bool(random.integers(2)), seed=seed)
