# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""LAMA (arXiv 1912.00835): attention pooling whose bilinear form has rank 1 per head.

    S = tanh((P^T c 1^T) * (Q^T H^T)),  S / |S| over the heads,  A = softmax over tokens,  y = A H

with H [n, d] the tokens, P and Q [d, m], and c a constant or the (masked) mean of the tokens.
"""

import torch
import torch.nn.functional as F
from fixture import CORE, STATIC_TOKENS, Fixture, Rewrite, dense, parameter, vector
from torch import nn

WIDTH, HEADS = 16, 4


class Pooling(nn.Module):
    """`context` is "constant", "mean" or "token" (the first one); `size_out` that of a linear after the pooling."""

    def __init__(self, context="constant", spelling="transposed", size_out=None):
        super().__init__()
        self.context, self.spelling = context, spelling
        self.P, self.Q = parameter(WIDTH, HEADS), parameter(WIDTH, HEADS)
        self.c = vector(WIDTH) if context == "constant" else None
        self.out = None if size_out is None else nn.Linear(HEADS * WIDTH, size_out)

    def query(self, x, mask):
        """P^T c, one row for each sequence but for a constant c."""
        if self.context == "constant":
            return self.c @ self.P
        if self.context == "token":
            return x[:, 0] @ self.P
        if mask is None:
            return x.mean(1) @ self.P
        weights = mask.to(x.dtype)
        mean = (x * weights.unsqueeze(-1)).sum(1) / weights.sum(1, keepdim=True).clamp(min=1.0)
        return mean @ self.P

    def forward(self, x, mask=None):
        query = self.query(x, mask)
        if self.spelling == "tokens-first":
            # Scores [batch, time, heads]: Q is a plain linear of the tokens, the query scales its outputs.
            keys = torch.matmul(x, self.Q)
            scores = torch.tanh(keys * (query if query.dim() == 1 else query.unsqueeze(1))).transpose(1, 2)
        else:
            keys = torch.matmul(self.Q.t(), x.transpose(1, 2))
            scores = torch.tanh(query.unsqueeze(-1) * keys)
        scores = F.normalize(scores, p=2, dim=1)
        if mask is not None:
            scores = scores.masked_fill(~mask.unsqueeze(1), -1e9)
        pooled = torch.matmul(torch.softmax(scores, dim=-1), x)
        return pooled if self.out is None else self.out(pooled.flatten(1))


class ScaledPooling(Pooling):
    """The query scales the tokens' keys by a linear of its own; no tanh, no normalisation."""

    def forward(self, x, mask=None):
        scores = torch.matmul(x, self.Q) * self.query(x, mask)
        return torch.matmul(torch.softmax(scores.transpose(1, 2), dim=-1), x)


CONSTANT = Rewrite("fold the query into Q", "5", True, "c is constant: one weight Q diag(P^T c) [16, 4]")
STACK = Rewrite("stack P and Q", "5", True, "the mean over tokens commutes with P: one product H [P | Q]")
MASKED = Rewrite("stack P and Q", "5", True, "the masked mean has constant weights in each row and commutes with P")
TOKEN = Rewrite("fold the query into Q", "5", False, "the query is not constant")
BARRIER = Rewrite("merge over tanh and the normalisation", "5", False, "they are no linear maps")
MASKED_TOKENS = {"x": ("batch", "time", WIDTH), "mask": ("batch", "time")}


def facts(constant):
    return {"": {"kind": "attention_pooling", "heads": HEADS, "in": WIDTH, "constant_query": constant}}


FIXTURES = [
    Fixture("constant-query", "5", Pooling, facts(True), [CONSTANT, BARRIER], exports=CORE),
    Fixture("constant-query-static", "5", Pooling, facts(True), [CONSTANT, BARRIER], inputs=STATIC_TOKENS),
    Fixture(
        "constant-query-tokens-first",
        "5",
        lambda: Pooling(spelling="tokens-first"),
        facts(True),
        [CONSTANT, BARRIER],
    ),
    Fixture("constant-query-masked", "5", Pooling, facts(True), [CONSTANT, BARRIER], inputs=MASKED_TOKENS),
    Fixture(
        "constant-query-projection",
        "5",
        lambda: Pooling(size_out=8),
        facts(True) | {"out": dense(HEADS * WIDTH, 8) | {"bias": True}},
        [CONSTANT, BARRIER],
    ),
    Fixture("constant-query-plain", "5", ScaledPooling, facts(True), [CONSTANT]),
    Fixture("mean-query", "5", lambda: Pooling("mean"), facts(False), [TOKEN, STACK, BARRIER], exports=CORE),
    Fixture(
        "mean-query-tokens-first",
        "5",
        lambda: Pooling("mean", "tokens-first"),
        facts(False),
        [TOKEN, STACK, BARRIER],
    ),
    Fixture(
        "mean-query-masked", "5", lambda: Pooling("mean"), facts(False), [TOKEN, MASKED, BARRIER], inputs=MASKED_TOKENS
    ),
    Fixture("token-query", "5", lambda: Pooling("token"), facts(False), [TOKEN, BARRIER]),
]
