# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""FactorLLM (arXiv 2408.11855): a dense FFN split into experts, and a router.

    F(x) = D (silu(G x) * U x) = sum_j e_j(x),   e_j(x) = D[:, S_j] (silu(G[S_j] x) * U[S_j] x)

for any partition S_1 .. S_E of the hidden indices. The router keeps k of the E experts for each
token and scales by E / k: `y = (E / k) sum_j gate_j e_j(x)`, gates 0 or 1.
"""

import torch
import torch.nn.functional as F
from fixture import BOTH, CORE, Fixture, Rewrite, dense, parameter, vector
from torch import nn

WIDTH, HIDDEN, EXPERTS = 16, 20, 4
PART = HIDDEN // EXPERTS


class GatedFFN(nn.Module):
    """The dense FFN, and each expert."""

    def __init__(self, hidden=HIDDEN):
        super().__init__()
        self.gate = nn.Linear(WIDTH, hidden, bias=False)
        self.up = nn.Linear(WIDTH, hidden, bias=False)
        self.down = nn.Linear(hidden, WIDTH, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class GELUFFN(nn.Module):
    """A dense FFN with biases; an expert of it has no bias of its own after `down`."""

    def __init__(self, hidden=HIDDEN):
        super().__init__()
        self.up, self.down = nn.Linear(WIDTH, hidden), nn.Linear(hidden, WIDTH, bias=False)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


def split(teacher, partition):
    """The experts that together compute what the teacher computes."""
    experts = nn.ModuleList()
    for indices in partition:
        expert = type(teacher)(len(indices))
        for name, linear in expert.named_children():
            whole = getattr(teacher, name)
            linear.weight.data = (whole.weight[:, indices] if name == "down" else whole.weight[indices]).clone()
            if linear.bias is not None:
                linear.bias.data = whole.bias[indices].clone()
        experts.append(expert)
    return experts


class Experts(nn.Module):
    """The sum of all experts: the dense FFN again."""

    def __init__(self, ffn=GatedFFN, shuffled=False):
        super().__init__()
        teacher = ffn()
        indices = torch.randperm(HIDDEN) if shuffled else torch.arange(HIDDEN)
        self.experts = split(teacher, indices.split(PART))
        self.bias = vector(WIDTH) if ffn is GELUFFN else None

    def forward(self, x):
        y = self.experts[0](x)
        for expert in self.experts[1:]:
            y = y + expert(x)
        return y if self.bias is None else y + self.bias


class Router(nn.Module):
    """Gates of the k largest probabilities: 1, the others 0."""

    def __init__(self, k, spelling="scatter"):
        super().__init__()
        self.linear, self.k, self.spelling = nn.Linear(WIDTH, EXPERTS), k, spelling

    def forward(self, x):
        logits = self.linear(x)
        scores = logits if self.spelling == "logits" else F.softmax(logits, dim=-1)
        best = torch.topk(scores, self.k, dim=-1)
        if self.spelling == "one-hot":
            return F.one_hot(best.indices, EXPERTS).sum(-2).to(x.dtype)
        if self.spelling == "threshold":
            return (scores >= best.values[..., -1:]).to(x.dtype)
        return torch.zeros_like(scores).scatter(-1, best.indices, 1.0)


class RoutedExperts(nn.Module):
    """All experts computed, their outputs weighted by the gates."""

    def __init__(self, k, router="scatter", combine="einsum", keep_teacher=False):
        super().__init__()
        teacher = GatedFFN()
        self.router, self.combine, self.scale = Router(k, router), combine, EXPERTS // k
        self.experts = split(teacher, torch.arange(HIDDEN).split(PART))
        self.teacher = teacher if keep_teacher else None

    def forward(self, x):
        gates = self.router(x)
        if self.combine == "sum":
            y = gates[..., 0:1] * self.experts[0](x)
            for j in range(1, EXPERTS):
                y = y + gates[..., j : j + 1] * self.experts[j](x)
            return y * self.scale
        outputs = torch.stack([expert(x) for expert in self.experts], dim=-1)
        if self.combine == "multiply":
            return self.scale * (outputs * gates.unsqueeze(-2)).sum(-1)
        return self.scale * torch.einsum("bshe,bse->bsh", outputs, gates)


class Distillation(RoutedExperts):
    """The student's output and the teacher's, as training compares them."""

    def forward(self, x):
        return super().forward(x), self.teacher(x)


class SlicedTeacher(nn.Module):
    """The experts are views of the teacher's own matrices."""

    def __init__(self, k=None):
        super().__init__()
        self.teacher, self.router = GatedFFN(), None if k is None else Router(k)
        self.scale = 1 if k is None else EXPERTS // k

    def forward(self, x):
        gates, y = None if self.router is None else self.router(x), 0
        for j in range(EXPERTS):
            part = slice(j * PART, (j + 1) * PART)
            hidden = F.silu(F.linear(x, self.teacher.gate.weight[part])) * F.linear(x, self.teacher.up.weight[part])
            out = F.linear(hidden, self.teacher.down.weight[:, part])
            y = y + (out if gates is None else gates[..., j : j + 1] * out)
        return y * self.scale


class StackedExperts(nn.Module):
    """The experts' matrices in three tensors: G, U [E, f/E, d] and D [E, d, f/E]."""

    def __init__(self, k, combine):
        super().__init__()
        self.router, self.combine, self.k, self.scale = Router(k), combine, k, EXPERTS // k
        self.G, self.U = parameter(EXPERTS, PART, WIDTH), parameter(EXPERTS, PART, WIDTH)
        self.D = parameter(EXPERTS, WIDTH, PART)

    def forward(self, x):
        if self.combine == "einsum":
            hidden = F.silu(torch.einsum("bsd,efd->bsef", x, self.G)) * torch.einsum("bsd,efd->bsef", x, self.U)
            return self.scale * torch.einsum("bsef,edf,bse->bsd", hidden, self.D, self.router(x))
        if self.combine == "bmm":
            rows = x.reshape(1, -1, WIDTH).expand(EXPERTS, -1, -1)
            hidden = F.silu(torch.bmm(rows, self.G.transpose(1, 2))) * torch.bmm(rows, self.U.transpose(1, 2))
            outputs = torch.bmm(hidden, self.D.transpose(1, 2))
            gates = self.router(x).reshape(-1, EXPERTS).t().unsqueeze(-1)
            return self.scale * (outputs * gates).sum(0).reshape(x.shape)
        # Each token gathers the matrices of its k experts.
        rows = x.reshape(-1, WIDTH)
        probabilities = F.softmax(self.router.linear(rows), dim=-1)
        chosen = torch.topk(probabilities, self.k, dim=-1).indices
        each = rows[:, None, :, None]
        hidden = F.silu(torch.matmul(self.G[chosen], each)) * torch.matmul(self.U[chosen], each)
        return self.scale * torch.matmul(self.D[chosen], hidden).squeeze(-1).sum(1).reshape(x.shape)


class LoopedExperts(RoutedExperts):
    """For each expert the rows of its tokens, computed and added to theirs."""

    def forward(self, x):
        rows = x.reshape(-1, WIDTH)
        gates, y = self.router(rows), torch.zeros_like(rows)
        for j, expert in enumerate(self.experts):
            tokens = torch.nonzero(gates[:, j]).squeeze(-1)
            y = y.index_add(0, tokens, expert(rows[tokens]))
        return (self.scale * y).reshape(x.shape)


class WholeFFN(nn.Module):
    """The dense FFN alone: it may be split."""

    def __init__(self):
        super().__init__()
        self.ffn = GatedFFN()

    def forward(self, x):
        return self.ffn(x)


def experts(ffn=GatedFFN, prefix="experts", bias=False):
    seen = {}
    for j in range(EXPERTS):
        for name in ("gate", "up", "down") if ffn is GatedFFN else ("up", "down"):
            shape = (PART, WIDTH) if name == "down" else (WIDTH, PART)
            seen[f"{prefix}.{j}.{name}"] = dense(*shape) | ({"bias": True} if bias and name == "up" else {})
    return seen


def routed(k):
    return experts() | {"router": {"kind": "router", "experts": EXPERTS, "k": k, "scale": EXPERTS // k}}


UNSPLIT = Rewrite("un-split experts", "3.3", True, f"no gates: one dense FFN of hidden size {HIDDEN}")
STACK = Rewrite("stack gate and up of all experts", "3.3", True, "they read the same x")
NO_UNSPLIT = Rewrite("un-split experts", "3.3", False, "k < E: the gates differ from token to token")
SINK = Rewrite("sink gates", "3.3", True, "gates are exactly 0 or 1; finite experts")
GROUP = Rewrite("group products by expert", "3.3", True, "ties as TopK resolves them, experts added in fixed order")
DROP_SOFTMAX = Rewrite("drop Softmax before TopK", "3.3", True, "the probabilities are read by TopK alone")
KEEP_SOFTMAX = Rewrite("drop Softmax before TopK", "3.3", False, "the probabilities are compared as well")
HARD = [NO_UNSPLIT, SINK, GROUP, STACK, DROP_SOFTMAX]
CONSTANT_GATES = Rewrite("un-split experts", "3.3", True, "k = E and scale 1: all gates are 1")
STACKED = {"router": {"kind": "router", "experts": EXPERTS, "k": 2, "scale": 2}}
LINEAR_ROUTER = {"router.linear": dense(WIDTH, EXPERTS) | {"bias": True}}

FIXTURES = [
    Fixture("experts", "3.1", Experts, experts(), [UNSPLIT, STACK]),
    Fixture("experts-shuffled", "3.1", lambda: Experts(shuffled=True), experts(), [UNSPLIT, STACK]),
    Fixture(
        "experts-gelu",
        "3.1",
        lambda: Experts(GELUFFN),
        experts(GELUFFN, bias=True),
        [UNSPLIT, Rewrite("stack up of all experts", "3.3", True, "they read the same x")],
    ),
    Fixture(
        "whole",
        "3.3",
        WholeFFN,
        {"ffn": {"kind": "ffn", "activation": "silu", "gated": True, "size": WIDTH, "hidden": HIDDEN}},
        [Rewrite("split by hidden index", "3.3", True, "the activation is pointwise; G and U are sliced alike")],
    ),
    Fixture("routed-k2-einsum", "3.2", lambda: RoutedExperts(2), routed(2), HARD, exports=CORE),
    Fixture("routed-k2-multiply", "3.2", lambda: RoutedExperts(2, combine="multiply"), routed(2), HARD),
    Fixture("routed-k2-sum", "3.2", lambda: RoutedExperts(2, combine="sum"), routed(2), HARD),
    Fixture("routed-k2-one-hot", "3.2", lambda: RoutedExperts(2, "one-hot"), routed(2), HARD),
    Fixture(
        "routed-k2-logits",
        "3.2",
        lambda: RoutedExperts(2, "logits", "sum"),
        routed(2),
        [NO_UNSPLIT, SINK, GROUP, STACK],
    ),
    Fixture(
        "routed-k2-threshold",
        "3.2",
        lambda: RoutedExperts(2, "threshold", "sum"),
        routed(2),
        [NO_UNSPLIT, SINK, GROUP, STACK, KEEP_SOFTMAX],
    ),
    Fixture("routed-k4-einsum", "3.3", lambda: RoutedExperts(4), routed(4), [CONSTANT_GATES, STACK]),
    Fixture(
        "teacher-unused",
        "3.2",
        lambda: RoutedExperts(2, keep_teacher=True),
        routed(2),
        [
            *HARD,
            Rewrite("drop the teacher's matrices", "3.2", True, "nothing reads them: both exporters leave them out"),
        ],
    ),
    Fixture(
        "teacher-output",
        "3.1",
        lambda: Distillation(2, combine="sum", keep_teacher=True),
        routed(2) | {"teacher": {"kind": "ffn", "activation": "silu", "gated": True, "size": WIDTH, "hidden": HIDDEN}},
        [*HARD, Rewrite("drop the teacher's matrices", "3.2", False, "an output reads them")],
    ),
    Fixture("teacher-sliced", "3.1", SlicedTeacher, {}, [UNSPLIT, STACK], exports=(*BOTH, ("dynamo-unoptimized", 18))),
    Fixture("teacher-sliced-k2", "3.1", lambda: SlicedTeacher(2), STACKED, HARD),
    Fixture("stacked-k2-einsum", "3.2", lambda: StackedExperts(2, "einsum"), STACKED, HARD),
    Fixture(
        "stacked-k4-einsum",
        "3.2",
        lambda: StackedExperts(4, "einsum"),
        {"router": {"kind": "router", "experts": EXPERTS, "k": 4, "scale": 1}},
        [CONSTANT_GATES, STACK],
    ),
    Fixture("stacked-k2-bmm", "3.2", lambda: StackedExperts(2, "bmm"), STACKED, HARD),
    Fixture("stacked-k2-gather", "3.2", lambda: StackedExperts(2, "gather"), LINEAR_ROUTER, HARD),
    Fixture(
        "looped-k2",
        "3.2",
        lambda: LoopedExperts(2),
        {"router": {"kind": "router", "experts": EXPERTS, "k": 2, "scale": 2}},
        HARD,
    ),
]
