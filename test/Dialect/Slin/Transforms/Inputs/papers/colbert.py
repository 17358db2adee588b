# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ColBERT projection heads (arXiv 2510.12327): linears between a token's vector and its unit vector.

A block is `act(W x + b) + r(x)` with r(x) 0, x or R x. Where the activations are identities the
head is one linear, W_eff the product of W_i + R_i; before `x / |x|` a positive factor has no effect.
"""

import torch
import torch.nn.functional as F
from fixture import CORE, STATIC_TOKENS, Fixture, Rewrite, dense
from torch import nn


class Block(nn.Module):
    """`act(W x + b) + r(x)`; `residual` is None, "identity" or "linear"."""

    def __init__(self, size_in, size_out, act=nn.Identity, residual=None, bias=False):
        super().__init__()
        self.linear, self.act = nn.Linear(size_in, size_out, bias=bias), act()
        self.residual = nn.Linear(size_in, size_out, bias=False) if residual == "linear" else None
        self.is_added = residual == "identity"

    def forward(self, x):
        y = self.act(self.linear(x))
        if self.residual is not None:
            return y + self.residual(x)
        return y + x if self.is_added else y


class GatedBlock(nn.Module):
    """`D (silu(G x) * U x)`."""

    def __init__(self, size_in, hidden, size_out):
        super().__init__()
        self.gate, self.up = nn.Linear(size_in, hidden, bias=False), nn.Linear(size_in, hidden, bias=False)
        self.down = nn.Linear(hidden, size_out, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Head(nn.Module):
    """Blocks, a scale and a normalisation of each token's vector."""

    def __init__(self, *blocks, scale=None, norm="normalize"):
        super().__init__()
        self.blocks, self.scale, self.norm = nn.Sequential(*blocks), scale, norm

    def forward(self, x):
        y = self.blocks(x)
        if self.scale is not None:
            y = self.scale * y
        if self.norm == "normalize":
            return F.normalize(y, p=2, dim=-1)
        if self.norm == "norm":
            return y / torch.linalg.vector_norm(y, dim=-1, keepdim=True)
        if self.norm == "rsqrt":
            return y * torch.rsqrt((y * y).sum(-1, keepdim=True) + 1e-12)
        return y


def chain(*sizes, **options):
    return [Block(a, b, **options) for a, b in zip(sizes, sizes[1:], strict=False)]


def linears(*sizes, bias=False, prefix="blocks"):
    return {
        f"{prefix}.{i}.linear": dense(a, b) | {"bias": bias}
        for i, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False))
    }


def collapse(size_in, size_out, condition="identity activations: W_eff is the product of the factors"):
    return Rewrite(f"collapse to one dense {size_in} -> {size_out}", "4", True, condition)


BARRIER = Rewrite("collapse over the normalisation", "4", False, "it is no linear map")
RESIDUAL = Rewrite("fold R into W", "4", False, "W's output goes through an activation")
STACK = Rewrite("stack W and R", "4", True, "both read x")

FIXTURES = [
    Fixture("single", "4", lambda: Head(*chain(32, 8)), linears(32, 8), [BARRIER], inputs={"x": ("batch", "time", 32)}),
    Fixture(
        "identity-chain",
        "4",
        lambda: Head(*chain(16, 32, 16, 8)),
        linears(16, 32, 16, 8),
        [collapse(16, 8), BARRIER],
        exports=CORE,
    ),
    Fixture(
        "identity-chain-bias",
        "4",
        lambda: Head(*chain(16, 32, 16, 8, bias=True)),
        linears(16, 32, 16, 8, bias=True),
        [collapse(16, 8, "biases in between: b is the sum of the later factors' products with each"), BARRIER],
    ),
    Fixture(
        "identity-chain-static",
        "4",
        lambda: Head(*chain(16, 32, 16, 8)),
        linears(16, 32, 16, 8),
        [collapse(16, 8), BARRIER],
        inputs=STATIC_TOKENS,
    ),
    Fixture(
        "identity-chain-rank-2-input",
        "4",
        lambda: Head(*chain(16, 32, 16, 8, bias=True)),
        linears(16, 32, 16, 8, bias=True),
        [collapse(16, 8), BARRIER],
        inputs={"x": ("tokens", 16)},
    ),
    Fixture(
        "residual-chain",
        "4",
        lambda: Head(Block(16, 32, residual="linear", bias=True), Block(32, 16, bias=True)),
        linears(16, 32, 16, bias=True) | {"blocks.0.residual": dense(16, 32) | {"bias": False}},
        [collapse(16, 16, "W_eff = W_2 (W_1 + R_1)"), BARRIER],
    ),
    Fixture(
        "residual-identity",
        "4",
        lambda: Head(Block(16, 16, residual="identity", bias=True), Block(16, 8)),
        {"blocks.0.linear": dense(16, 16) | {"bias": True}, "blocks.1.linear": dense(16, 8) | {"bias": False}},
        [collapse(16, 8, "W_eff = W_2 (W_1 + I)"), BARRIER],
    ),
    Fixture(
        "gelu-first",
        "4",
        lambda: Head(Block(16, 32, nn.GELU, bias=True), *chain(32, 16, 8, bias=True)),
        linears(16, 32, 16, 8, bias=True),
        [
            collapse(32, 8, "layers 2 and 3 follow each other"),
            Rewrite("collapse of layers 1 and 2", "4", False, "a gelu stands between them"),
            BARRIER,
        ],
    ),
    Fixture(
        "gelu-residual",
        "4",
        lambda: Head(Block(16, 32, nn.GELU, residual="linear", bias=True), Block(32, 8)),
        {
            "blocks.0.linear": dense(16, 32) | {"bias": True},
            "blocks.0.residual": dense(16, 32) | {"bias": False},
            "blocks.1.linear": dense(32, 8) | {"bias": False},
        },
        [
            RESIDUAL,
            STACK,
            Rewrite("distribute D over g + R x", "4", True, "O = 8 < M = 32: D R saves N (M - O) products"),
            BARRIER,
        ],
    ),
    Fixture(
        "gelu-residual-wide",
        "4",
        lambda: Head(Block(16, 8, nn.GELU, residual="linear", bias=True), Block(8, 32)),
        {
            "blocks.0.linear": dense(16, 8) | {"bias": True},
            "blocks.0.residual": dense(16, 8) | {"bias": False},
            "blocks.1.linear": dense(8, 32) | {"bias": False},
        },
        [RESIDUAL, STACK, Rewrite("distribute D over g + R x", "4", False, "O = 32 >= M = 8"), BARRIER],
    ),
    Fixture(
        "gated",
        "4",
        lambda: Head(GatedBlock(16, 32, 16), Block(16, 8)),
        {
            "blocks.0.gate": dense(16, 32) | {"bias": False},
            "blocks.0.up": dense(16, 32) | {"bias": False},
            "blocks.0.down": dense(32, 16) | {"bias": False},
            "blocks.1.linear": dense(16, 8) | {"bias": False},
        },
        [collapse(32, 8, "down and the next linear follow each other"), BARRIER],
    ),
    *(
        Fixture(
            f"scaled-{norm}",
            "4",
            lambda norm=norm: Head(*chain(16, 32, 8), scale=3.0, norm=norm),
            linears(16, 32, 8),
            [
                collapse(16, 8),
                Rewrite("drop the scale", "4", True, "positive, and the normalisation follows"),
                BARRIER,
            ],
        )
        for norm in ("normalize", "norm", "rsqrt")
    ),
    Fixture("no-norm", "4", lambda: Head(*chain(16, 32, 8), norm=None), linears(16, 32, 8), [collapse(16, 8)]),
]
