# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What every fixture of the papers says about itself."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

BOTH = (("torchscript", 17), ("dynamo", 18))
CORE = (("torchscript", 13), ("torchscript", 17), ("dynamo", 18), ("dynamo", 20))
# The exporters' options that change the graph: constants are left as they are traced.
UNFOLDED = (("torchscript-unfolded", 17), ("dynamo-unoptimized", 18))

TOKENS = {"x": ("batch", "time", 16)}
STATIC_TOKENS = {"x": (2, 5, 16)}


@dataclass
class Rewrite:
    """An exact rewrite that applies to the form or is refused, and the section that says why."""

    name: str
    section: str
    applies: bool
    condition: str


@dataclass
class Fixture:
    form: str
    section: str
    model: Callable[[], nn.Module]
    # Facts about submodules, by their path in the model: what slin is expected to see.
    sees: dict[str, dict]
    rewrites: list[Rewrite] = field(default_factory=list)
    inputs: dict[str, tuple] = field(default_factory=lambda: dict(TOKENS))
    exports: tuple[tuple[str, int], ...] = BOTH


def dense(size_in, size_out):
    return {"kind": "dense", "in": size_in, "out": size_out}


def low_rank(size_in, size_out, rank):
    return {"kind": "low_rank", "in": size_in, "out": size_out, "rank": rank}


def parameter(*shape):
    """A random factor whose product with a random vector has the vector's size."""
    return nn.Parameter(torch.randn(*shape) / shape[-1] ** 0.5)


def vector(size):
    return nn.Parameter(torch.randn(size) / 2)
