# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""StructuredFFN (arXiv 2406.16450): linears whose weight is a structure, alone and in an FFN.

Each linear is `y = W x + b` with W one of

    LowRank       U V                                        V [r, in], U [out, r]
    BlockDense    L blkdiag(D_0 .. D_{b-1})                  D [b, r/b, in/b], L [out, r]
    BlockShuffle  P_out^T blkdiag(D2) P_mid blkdiag(D1)      D1 [k, q, p], D2 [l, s, r]
    BlockDiagonal blkdiag(D_0 .. D_{b-1})                    D [b, out/b, in/b]

in several spellings, and knows its W: the exporter checks one against the other.
"""

import torch
import torch.nn.functional as F
from fixture import BOTH, CORE, STATIC_TOKENS, TOKENS, UNFOLDED, Fixture, Rewrite, dense, low_rank, parameter, vector
from torch import nn

GELU_TANH = "gelu_tanh"


class StructuredLinear(nn.Module):
    """`y = W x + b` over the last axis; subclasses give `product`, that is `W x`, and `weight`, that is W."""

    def __init__(self, size_in, size_out, spelling, bias):
        super().__init__()
        self.size_in, self.size_out, self.spelling = size_in, size_out, spelling
        self.bias = vector(size_out) if bias else None

    def forward(self, x):
        y = self.product(x)
        return y if self.bias is None else y + self.bias

    def join(self, rows, x):
        """The rows of all tokens under the leading axes of x again."""
        return rows.reshape(*x.shape[:-1], self.size_out)


class LowRank(StructuredLinear):
    def __init__(self, size_in, size_out, rank, spelling="matmul", bias=True):
        super().__init__(size_in, size_out, spelling, bias)
        self.V, self.U = parameter(rank, size_in), parameter(size_out, rank)

    def weight(self):
        return self.U @ self.V

    def product(self, x):
        if self.spelling == "mm":
            return self.join(torch.mm(torch.mm(x.reshape(-1, self.size_in), self.V.t()), self.U.t()), x)
        if self.spelling == "linear":
            return F.linear(F.linear(x, self.V), self.U)
        if self.spelling == "dropout":
            return F.linear(F.dropout(F.linear(x, self.V), 0.1, self.training), self.U)
        if self.spelling == "split":
            half = self.size_in // 2
            left, right = x.split(half, dim=-1)
            return F.linear(F.linear(left, self.V[:, :half]) + F.linear(right, self.V[:, half:]), self.U)
        return torch.matmul(torch.matmul(x, self.V.t()), self.U.t())


class FusedBiasLowRank(LowRank):
    """The bias in the last product, and one between the factors."""

    def __init__(self, size_in, size_out, rank):
        super().__init__(size_in, size_out, rank)
        self.inner_bias = vector(rank)

    def forward(self, x):
        return F.linear(F.linear(x, self.V, self.inner_bias), self.U, self.bias)


class ReorderedLowRank(LowRank):
    """The features between the factors in another order, by an index."""

    def __init__(self, size_in, size_out, rank):
        super().__init__(size_in, size_out, rank)
        self.register_buffer("order", torch.arange(rank).roll(1).flip(0))

    def weight(self):
        return self.U @ self.V[self.order]

    def product(self, x):
        return F.linear(torch.index_select(F.linear(x, self.V), -1, self.order), self.U)


class BlockDense(StructuredLinear):
    def __init__(self, size_in, size_out, rank, blocks, spelling="bmm", bias=True):
        super().__init__(size_in, size_out, spelling, bias)
        self.blocks, self.rank = blocks, rank
        self.D, self.L = parameter(blocks, rank // blocks, size_in // blocks), parameter(size_out, rank)

    def weight(self):
        return self.L @ torch.block_diag(*self.D)

    def product(self, x):
        if self.spelling == "split":
            parts = x.split(self.size_in // self.blocks, dim=-1)
            return F.linear(torch.cat([F.linear(each, self.D[k]) for k, each in enumerate(parts)], dim=-1), self.L)
        if self.spelling == "einsum":
            parts = x.reshape(*x.shape[:-1], self.blocks, self.size_in // self.blocks)
            inner = torch.einsum("btkp,kqp->btkq", parts, self.D)
            return F.linear(inner.reshape(*x.shape[:-1], self.rank), self.L)
        parts = x.reshape(-1, self.blocks, self.size_in // self.blocks).transpose(0, 1)
        inner = torch.bmm(parts, self.D.transpose(1, 2)).transpose(0, 1).reshape(-1, self.rank)
        return self.join(torch.mm(inner, self.L.t()), x)


class BlockShuffle(StructuredLinear):
    """D1 [k, q, p] and D2 [l, s, r] with k p = in, l r = k q, l s = out."""

    def __init__(self, size_in, size_out, first, second, spelling="bmm", bias=True):
        super().__init__(size_in, size_out, spelling, bias)
        self.D1, self.D2 = parameter(*first), parameter(*second)

    @classmethod
    def with_blocks(cls, size_in, size_out, blocks, **options):
        """The paper's shapes: both with `blocks` blocks, the inner width the smaller of the two sides."""
        part_in, part_out = size_in // blocks, size_out // blocks
        inner = min(part_in, part_out)
        return cls(size_in, size_out, (blocks, inner, part_in), (blocks, part_out, inner), **options)

    def weight(self):
        """W[s l + j, k p + i] is the sum of D2[j, s, r] D1[k, q, i] where r l + j = k q."""
        _, q_size, p_size = self.D1.shape
        l_size = self.D2.shape[0]
        matrix = torch.zeros(self.size_out, self.size_in)
        for row in range(self.D1.shape[0] * q_size):
            k, q, block, r = row // q_size, row % q_size, row % l_size, row // l_size
            matrix[block::l_size, k * p_size : (k + 1) * p_size] += torch.outer(self.D2[block, :, r], self.D1[k, q])
        return matrix

    def product(self, x):
        (k, _, p), (l_size, s, r) = self.D1.shape, self.D2.shape
        if self.spelling == "einsum":
            inner = torch.einsum("kqp,tkp->tkq", self.D1, x.reshape(-1, k, p))
            inner = inner.reshape(-1, r, l_size).transpose(1, 2)
            return self.join(torch.einsum("lsr,tlr->tls", self.D2, inner).transpose(1, 2), x)
        if self.spelling == "einsum-fused":
            inner = torch.einsum("btkp,kqp->btkq", x.reshape(*x.shape[:-1], k, p), self.D1)
            return self.join(torch.einsum("btrl,lsr->btsl", inner.reshape(*x.shape[:-1], r, l_size), self.D2), x)
        if self.spelling == "split":
            inner = torch.cat([F.linear(each, self.D1[i]) for i, each in enumerate(x.split(p, dim=-1))], dim=-1)
            shuffled = inner.reshape(*x.shape[:-1], r, l_size).transpose(-1, -2).reshape(*x.shape[:-1], l_size * r)
            outer = torch.cat([F.linear(each, self.D2[i]) for i, each in enumerate(shuffled.split(r, dim=-1))], dim=-1)
            return self.join(outer.reshape(*x.shape[:-1], l_size, s).transpose(-1, -2), x)
        if self.spelling == "broadcast":
            # A matrix product for each token and block, all of them in one MatMul that broadcasts the factor.
            inner = torch.matmul(x.reshape(*x.shape[:-1], k, 1, p), self.D1.transpose(1, 2))
            inner = inner.reshape(*x.shape[:-1], r, l_size).transpose(-1, -2).unsqueeze(-2)
            return self.join(torch.matmul(inner, self.D2.transpose(1, 2)).squeeze(-2).transpose(-1, -2), x)
        parts = x.reshape(-1, k, p).transpose(0, 1)
        inner = torch.bmm(parts, self.D1.transpose(1, 2)).transpose(0, 1)
        shuffled = inner.reshape(-1, r, l_size).transpose(1, 2).transpose(0, 1)
        outer = torch.bmm(shuffled, self.D2.transpose(1, 2))
        return self.join(outer.permute(1, 2, 0).reshape(-1, s * l_size), x)


class BlockDiagonal(StructuredLinear):
    def __init__(self, size_in, size_out, blocks, spelling="bmm", bias=True):
        super().__init__(size_in, size_out, spelling, bias)
        self.blocks = blocks
        self.D = parameter(blocks, size_out // blocks, size_in // blocks)
        if spelling in ("conv1d", "conv2d"):
            places = (1,) if spelling == "conv1d" else (1, 1)
            self.D = nn.Parameter(self.D.data.reshape(size_out, -1, *places))

    def weight(self):
        return torch.block_diag(*self.D.reshape(self.blocks, -1, self.size_in // self.blocks))

    def forward(self, x):
        if self.spelling == "conv1d":
            return F.conv1d(x.transpose(1, 2), self.D, self.bias, groups=self.blocks).transpose(1, 2)
        if self.spelling == "conv2d":
            return F.conv2d(x, self.D, self.bias, groups=self.blocks)
        return super().forward(x)

    def product(self, x):
        part = self.size_in // self.blocks
        if self.spelling == "einsum":
            return self.join(torch.einsum("btkp,kqp->btkq", x.reshape(*x.shape[:-1], self.blocks, part), self.D), x)
        if self.spelling == "split":
            parts = x.split(part, dim=-1)
            return torch.cat([F.linear(each, self.D[k]) for k, each in enumerate(parts)], dim=-1)
        if self.spelling == "slice":
            parts = [x[..., k * part : (k + 1) * part] for k in range(self.blocks)]
            return torch.cat([F.linear(each, self.D[k]) for k, each in enumerate(parts)], dim=-1)
        parts = x.reshape(-1, self.blocks, part).transpose(0, 1)
        return self.join(torch.bmm(parts, self.D.transpose(1, 2)).transpose(0, 1), x)


class LinearBlocks(StructuredLinear):
    """Blocks of any sizes [(in, out)], each a module with a bias of its own, of the parts of x or, if `shared`, of
    the whole of it."""

    def __init__(self, blocks, shared=False):
        size_in = blocks[0][0] if shared else sum(size_in for size_in, _ in blocks)
        super().__init__(size_in, sum(size_out for _, size_out in blocks), "modules", False)
        self.blocks = nn.ModuleList(nn.Linear(*sizes) for sizes in blocks)
        self.shared = shared

    def weight(self):
        join = torch.cat if self.shared else lambda blocks: torch.block_diag(*blocks)
        return join([block.weight for block in self.blocks])

    def product(self, x):
        parts = [x] * len(self.blocks) if self.shared else x.split([each.in_features for each in self.blocks], dim=-1)
        return torch.cat([block(each) for block, each in zip(self.blocks, parts, strict=True)], dim=-1)


class SelfGuided(StructuredLinear):
    """`(alpha W + (1 - alpha) U V) x + b`: the dense guide of training at a frozen alpha."""

    def __init__(self, size_in, size_out, rank, alpha, spelling="outputs", bias=True):
        super().__init__(size_in, size_out, spelling, bias)
        self.register_buffer("alpha", torch.tensor(alpha))
        self.W = parameter(size_out, size_in)
        self.V, self.U = parameter(rank, size_in), parameter(size_out, rank)

    def weight(self):
        return self.alpha * self.W + (1 - self.alpha) * (self.U @ self.V)

    def product(self, x):
        if self.spelling == "weight":
            return F.linear(x, self.weight())
        return self.alpha * F.linear(x, self.W) + (1 - self.alpha) * F.linear(F.linear(x, self.V), self.U)


class LoRA(StructuredLinear):
    """`W + s B A`, added up at each run."""

    def __init__(self, size_in, size_out, rank, scale):
        super().__init__(size_in, size_out, "weight", True)
        self.scale = scale
        self.W = parameter(size_out, size_in)
        self.A, self.B = parameter(rank, size_in), parameter(size_out, rank)

    def weight(self):
        return self.W + self.scale * (self.B @ self.A)

    def product(self, x):
        return F.linear(x, self.weight())


class FFN(nn.Module):
    """`fc2(gelu(fc1(x)))`, the gelu in its tanh form, as the paper has it, or exact."""

    def __init__(self, fc1, fc2, approximate="tanh"):
        super().__init__()
        self.fc1, self.fc2, self.approximate = fc1, fc2, approximate

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x), approximate=self.approximate))


class WrittenOutGELU(FFN):
    """The gelu as products, a tanh and sums."""

    def forward(self, x):
        h = self.fc1(x)
        return self.fc2(0.5 * h * (1 + torch.tanh(0.79788456 * h * (1 + 0.044715 * h * h))))


class GatedFFN(nn.Module):
    """`fc2(silu(u) * v)`, u and v the halves of one linear's output."""

    def __init__(self, fc1, fc2):
        super().__init__()
        self.fc1, self.fc2 = fc1, fc2

    def forward(self, x):
        gate, up = self.fc1(x).chunk(2, dim=-1)
        return self.fc2(F.silu(gate) * up)


def merge(condition="constant factors; only the bias follows the last of them"):
    return Rewrite("pre-merge", "1.4a", True, condition)


def shapes(kind, size_in, size_out):
    """What slin sees of the structure `kind` between these widths, and what makes it."""
    if kind == "low-rank":
        return low_rank(size_in, size_out, 4), lambda **o: LowRank(size_in, size_out, 4, **o)
    if kind == "block-dense":
        facts = {"kind": "block_dense", "in": size_in, "out": size_out, "rank": 8, "blocks": 2}
        return facts, lambda **o: BlockDense(size_in, size_out, 8, 2, **o)
    if kind == "block-shuffle":
        inner = min(size_in, size_out) // 2
        facts = {"kind": "block_shuffle", "in": size_in, "out": size_out}
        facts |= {"first": [2, inner, size_in // 2], "second": [2, size_out // 2, inner]}
        return facts, lambda **o: BlockShuffle.with_blocks(size_in, size_out, 2, **o)
    facts = {"kind": "block_diagonal", "in": size_in, "out": size_out, "blocks": 2}
    return facts, lambda **o: BlockDiagonal(size_in, size_out, 2, **o)


SPELLINGS = {
    "low-rank": ("mm", "matmul", "linear", "dropout"),
    "block-dense": ("bmm", "einsum"),
    "block-shuffle": ("bmm", "einsum", "einsum-fused", "broadcast"),
    "block-diagonal": ("bmm", "einsum", "split", "slice", "conv1d"),
}


def linears():
    for kind, spellings in SPELLINGS.items():
        facts, make = shapes(kind, 16, 32)
        for spelling in spellings:
            yield Fixture(
                f"{kind}-{spelling}",
                "1.3",
                lambda make=make, spelling=spelling: Alone(make(spelling=spelling)),
                {"linear": facts | {"bias": True}},
                [merge()],
                exports=CORE if spelling == spellings[0] else BOTH + UNFOLDED if spelling == "linear" else BOTH,
            )
        yield Fixture(
            f"{kind}-{spellings[0]}-static-no-bias",
            "1.3",
            lambda make=make, spelling=spellings[0]: Alone(make(spelling=spelling, bias=False)),
            {"linear": facts | {"bias": False}},
            [merge("constant factors, no bias")],
            inputs=STATIC_TOKENS,
        )


class Alone(nn.Module):
    """One linear as a whole model."""

    def __init__(self, linear):
        super().__init__()
        self.linear = linear

    def forward(self, x):
        return self.linear(x)


def uneven(spelling):
    """l does not divide q, so that the blocks of W have the ranks 1, 1, 1, 0 and their rotations."""
    for name, size_in, size_out, first, second in (
        ("up", 12, 24, (4, 3, 3), (4, 6, 3)),
        ("down", 24, 12, (4, 3, 6), (4, 3, 3)),
        ("blocks-2-3", 16, 24, (2, 6, 8), (3, 8, 4)),
    ):
        facts = {"kind": "block_shuffle", "in": size_in, "out": size_out}
        facts |= {"first": list(first), "second": list(second), "bias": True}
        yield Fixture(
            f"block-shuffle-{spelling}-uneven-{name}",
            "1.1",
            lambda a=size_in, b=size_out, c=first, d=second: Alone(BlockShuffle(a, b, c, d, spelling)),
            {"linear": facts},
            [merge()],
            inputs={"x": ("batch", "time", size_in)},
        )


def square():
    """k, q, p, r and l are all 4: exporters drop the Reshape between the factors where they can."""
    facts = {"kind": "block_shuffle", "in": 16, "out": 32, "first": [4, 4, 4], "second": [4, 8, 4]}
    for spelling, inputs in (("bmm", STATIC_TOKENS), ("einsum-fused", TOKENS)):
        yield Fixture(
            f"block-shuffle-{spelling}-square",
            "1.3",
            lambda spelling=spelling: Alone(BlockShuffle.with_blocks(16, 32, 4, spelling=spelling)),
            {"linear": facts | {"bias": True}},
            [merge()],
            inputs=inputs,
        )


def networks():
    for kind, spellings in SPELLINGS.items():
        (up, make_up), (down, make_down) = shapes(kind, 16, 32), shapes(kind, 32, 16)
        sees = {"fc1": up | {"bias": True}, "": {"kind": "ffn", "activation": GELU_TANH}, "fc2": down | {"bias": True}}
        refused = Rewrite("pre-merge of fc2 and fc1", "1.4a", False, "an activation stands between them")

        def network(spelling, bias=True, cls=FFN, make_up=make_up, make_down=make_down):
            return cls(make_up(spelling=spelling, bias=bias), make_down(spelling=spelling, bias=bias))

        yield Fixture(
            f"ffn-{kind}", "1.1", lambda n=network, s=spellings[0]: n(s), sees, [merge(), refused], exports=CORE
        )
        bare = {path: facts | {"bias": False} if path else facts for path, facts in sees.items()}
        yield Fixture(
            f"ffn-{kind}-static-no-bias",
            "1.1",
            lambda n=network, s=spellings[0]: n(s, bias=False),
            bare,
            [merge("constant factors, no bias"), refused],
            inputs=STATIC_TOKENS,
        )
        if kind == "block-shuffle":
            yield Fixture(f"ffn-{kind}-einsum", "1.1", lambda n=network: n("einsum"), sees, [merge(), refused])
        if kind == "low-rank":
            yield Fixture(
                f"ffn-{kind}-written-out-gelu",
                "1.1",
                lambda n=network: n("linear", cls=WrittenOutGELU),
                sees,
                [merge(), refused],
            )
            yield Fixture(
                f"ffn-{kind}-swiglu",
                "1.1",
                lambda: GatedFFN(LowRank(16, 64, 4, "linear"), LowRank(32, 16, 4, "linear")),
                {
                    "fc1": low_rank(16, 64, 4) | {"bias": True},
                    "": {"kind": "ffn", "activation": "silu", "gated": True},
                    "fc2": low_rank(32, 16, 4) | {"bias": True},
                },
                [merge(), refused],
            )


def operator(size_in, size_out):
    """An expression that has no name of its own."""
    return {"kind": "operator", "in": size_in, "out": size_out, "bias": True}


def parts():
    """FFNs whose linears cut and join features, or reorder them."""

    def network(form, up, down, make_up, make_down, exports=BOTH):
        sees = {"fc1": {"bias": True} | up, "": {"kind": "ffn", "activation": GELU_TANH}, "fc2": {"bias": True} | down}
        return Fixture(form, "1.3", lambda: FFN(make_up(), make_down()), sees, [merge()], exports=exports)

    for kind, spellings in {
        "block-diagonal": ("split", "slice"),
        "block-dense": ("split",),
        "block-shuffle": ("split",),
    }.items():
        (up, make_up), (down, make_down) = shapes(kind, 16, 32), shapes(kind, 32, 16)
        for spelling in spellings:
            yield network(
                f"ffn-{kind}-{spelling}",
                up,
                down,
                lambda make=make_up, spelling=spelling: make(spelling=spelling),
                lambda make=make_down, spelling=spelling: make(spelling=spelling),
            )
    both = operator(16, 32), operator(32, 16)
    yield network("ffn-low-rank-split", *both, lambda: LowRank(16, 32, 4, "split"), lambda: LowRank(32, 16, 4, "split"))
    yield network(
        "ffn-low-rank-reordered",
        low_rank(16, 32, 4),
        low_rank(32, 16, 4),
        lambda: ReorderedLowRank(16, 32, 4),
        lambda: ReorderedLowRank(32, 16, 4),
    )
    blocks = {"kind": "block_diagonal", "blocks": 2}
    yield network(
        "ffn-block-diagonal-modules",
        blocks | {"in": 16, "out": 32},
        blocks | {"in": 32, "out": 16},
        lambda: LinearBlocks([(8, 16)] * 2),
        lambda: LinearBlocks([(16, 8)] * 2),
    )
    yield network(
        "ffn-block-diagonal-unequal",
        *both,
        lambda: LinearBlocks([(4, 20), (12, 12)]),
        lambda: LinearBlocks([(12, 12), (20, 4)]),
    )
    yield network(
        "ffn-stacked",
        *both,
        lambda: LinearBlocks([(16, 20), (16, 12)], shared=True),
        lambda: LinearBlocks([(32, 8), (32, 8)], shared=True),
    )
    unfolded = (("torchscript", 17), *UNFOLDED)
    yield network(
        "ffn-self-guided-weight",
        *both,
        lambda: SelfGuided(16, 32, 4, 0.37, "weight"),
        lambda: SelfGuided(32, 16, 4, 0.37, "weight"),
        unfolded,
    )
    yield network("ffn-lora-weight", *both, lambda: LoRA(16, 32, 4, 0.5), lambda: LoRA(32, 16, 4, 0.5), unfolded)


def guided():
    for spelling in ("outputs", "weight"):
        terms = [dense(16, 32), low_rank(16, 32, 4)]
        yield Fixture(
            f"self-guided-{spelling}",
            "1.1",
            lambda spelling=spelling: Alone(SelfGuided(16, 32, 4, 0.37, spelling)),
            {"linear": {"kind": "sum", "in": 16, "out": 32, "terms": terms, "scales": [0.37, 0.63], "bias": True}},
            [Rewrite("pre-merge to one dense", "1.4a", True, "alpha is constant: W_eff = alpha W + (1 - alpha) U V")],
            exports=CORE if spelling == "outputs" else (("torchscript", 17), *UNFOLDED),
        )
    yield Fixture(
        "self-guided-weight-folded",
        "1.1",
        lambda: Alone(SelfGuided(16, 32, 4, 0.37, "weight")),
        {"linear": dense(16, 32) | {"bias": True}},
        [Rewrite("pre-merge to one dense", "1.4a", False, "the exporter has computed W_eff already")],
        exports=(("dynamo", 18),),
    )


FIXTURES = [
    *linears(),
    Fixture(
        "low-rank-fused-bias",
        "1.4a",
        lambda: Alone(FusedBiasLowRank(16, 32, 4)),
        {"linear": low_rank(16, 32, 4) | {"bias": True, "inner_bias": True}},
        [merge("a bias between the factors: b = U b_inner + b_outer")],
    ),
    Fixture(
        "low-rank-rank-2-input",
        "1.3",
        lambda: Alone(LowRank(16, 32, 4, "mm")),
        {"linear": low_rank(16, 32, 4) | {"bias": True}},
        [merge()],
        inputs={"x": ("tokens", 16)},
    ),
    *uneven("bmm"),
    *uneven("einsum"),
    *square(),
    Fixture(
        "block-diagonal-conv2d",
        "1.3",
        lambda: Alone(BlockDiagonal(16, 32, 4, "conv2d")),
        {"linear": {"kind": "block_diagonal", "in": 16, "out": 32, "blocks": 4, "bias": True, "feature_axis": 1}},
        [merge("a kernel of one place acts on one token")],
        inputs={"x": ("batch", 16, 3, 3)},
    ),
    *networks(),
    *guided(),
    *parts(),
]
