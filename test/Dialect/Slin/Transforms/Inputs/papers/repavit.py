# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""RePaViT (arXiv 2505.21847): FFNs of vision transformers with idle channels.

    y = x + W2 BN2([act(u[:a]); u[a:]]) + b2,   u = W1 BN1(x) + b1

with eval-mode batch norms per channel: the first `a` of the hidden channels go through the
activation, the idle others do not. The spellings differ in how the idle channels are masked.
"""

import torch
import torch.nn.functional as F
from fixture import BOTH, CORE, STATIC_TOKENS, Fixture, Rewrite, dense
from torch import nn

WIDTH, HIDDEN, ACTIVE = 16, 32, 8


def with_statistics(norm):
    """Statistics as training leaves them, one of the scales negative."""
    norm.running_mean.normal_(std=0.3)
    norm.running_var.uniform_(0.5, 1.5)
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    nn.init.normal_(norm.bias, std=0.3)
    norm.weight.data[1] *= -1
    return norm


class TokenBatchNorm(nn.Module):
    """A batch norm of the last axis of tokens."""

    def __init__(self, size, spelling="transpose"):
        super().__init__()
        self.norm, self.spelling = with_statistics(nn.BatchNorm1d(size)), spelling

    def forward(self, x):
        if self.spelling == "flatten":
            return self.norm(x.reshape(-1, x.shape[-1])).reshape(x.shape)
        return self.norm(x.transpose(1, 2)).transpose(1, 2)


class ChannelIdleGELU(nn.Module):
    """gelu on the active channels, nothing on the others."""

    def __init__(self, size, active, spelling):
        super().__init__()
        self.active, self.spelling = active, spelling
        mask = torch.arange(size) < active
        order = torch.randperm(size)
        if "permuted" in spelling:
            mask = mask[order]
            order = torch.argsort((~mask).int(), stable=True)
            self.register_buffer("order", order)
            self.register_buffer("inverse", torch.argsort(order))
        if "broadcast" in spelling:
            mask = mask.expand(2, 5, size).clone()
        if "tokens" in spelling:
            # Differs from token to token: not a structure of channels.
            mask = mask.roll(3) | (torch.arange(5)[:, None] == 2)
        self.register_buffer("mask", mask.float() if "multiplied" in spelling else mask)

    def forward(self, u):
        a = self.active
        if self.spelling.startswith("where"):
            return torch.where(self.mask, F.gelu(u), u)
        if self.spelling == "assigned-mask":
            mask = torch.zeros_like(u, dtype=torch.bool)
            mask[..., :a] = True
            return torch.where(mask, F.gelu(u), u)
        if self.spelling == "assigned":
            g = u.clone()
            g[..., :a] = F.gelu(u[..., :a])
            return g
        if self.spelling == "split":
            active, idle = torch.split(u, [a, u.shape[-1] - a], dim=-1)
            return torch.cat([F.gelu(active), idle], dim=-1)
        if self.spelling == "slice":
            return torch.cat([F.gelu(u[..., :a]), u[..., a:]], dim=-1)
        if self.spelling == "chunk":
            parts = u.chunk(u.shape[-1] // a, dim=-1)
            return torch.cat([F.gelu(parts[0]), *parts[1:]], dim=-1)
        if self.spelling.startswith("multiplied-difference"):
            return u + self.mask * (F.gelu(u) - u)
        if self.spelling.startswith("multiplied"):
            return self.mask * F.gelu(u) + (1 - self.mask) * u
        assert self.spelling == "gather-permuted"
        active, idle = torch.split(u[..., self.order], [a, u.shape[-1] - a], dim=-1)
        return torch.cat([F.gelu(active), idle], dim=-1)[..., self.inverse]


class ChannelIdleFFN(nn.Module):
    """The residual FFN block; `norm` is "batch" or "layer", before or ("post") after the FFN."""

    def __init__(self, spelling="where", active=ACTIVE, norm="batch", layer_scale=False, post=False, flatten=False):
        super().__init__()
        kind = "flatten" if flatten else "transpose"
        self.norm1 = TokenBatchNorm(WIDTH, kind) if norm == "batch" else nn.LayerNorm(WIDTH)
        if norm == "layer":
            nn.init.uniform_(self.norm1.weight, 0.5, 1.5)
            nn.init.normal_(self.norm1.bias, std=0.3)
        self.fc1, self.fc2 = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)
        self.act = ChannelIdleGELU(HIDDEN, active, spelling)
        self.norm2 = TokenBatchNorm(HIDDEN, kind) if norm == "batch" else nn.Identity()
        self.scale = nn.Parameter(torch.rand(WIDTH)) if layer_scale else None
        self.post = post

    def forward(self, x):
        y = self.fc2(self.norm2(self.act(self.fc1(x if self.post else self.norm1(x)))))
        if self.scale is not None:
            y = self.scale * y
        return self.norm1(x + y) if self.post else x + y


class NormReadElsewhere(ChannelIdleFFN):
    """The norm's output goes through an activation beside the FFN, too."""

    def forward(self, x):
        normed = self.norm1(x)
        return x + self.fc2(self.norm2(self.act(self.fc1(normed)))) + torch.tanh(normed)


class AddedIdentityFFN(nn.Module):
    """`W2 (act(u) + u)`: the activation beside an identity."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)

    def forward(self, x):
        u = self.fc1(x)
        return self.fc2(F.gelu(u) + u)


class ReparameterizedFFN(nn.Module):
    """What the block becomes: `P act(A x + b) + W x + c`."""

    def __init__(self):
        super().__init__()
        self.A, self.P = nn.Linear(WIDTH, ACTIVE), nn.Linear(ACTIVE, WIDTH, bias=False)
        self.W = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        return self.P(F.gelu(self.A(x))) + self.W(x)


class Attention(nn.Module):
    def __init__(self, heads=2):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        parts = self.qkv(x).reshape(x.shape[0], x.shape[1], 3, self.heads, WIDTH // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
        weights = torch.softmax(q @ k.transpose(-2, -1) * (WIDTH // self.heads) ** -0.5, dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(x.shape))


class ViTBlock(nn.Module):
    """Attention after a layer norm, then the FFN after a batch norm."""

    def __init__(self, spelling="where", **options):
        super().__init__()
        self.norm, self.attention = nn.LayerNorm(WIDTH), Attention()
        self.ffn = ChannelIdleFFN(spelling, **options)

    def forward(self, x):
        return self.ffn(x + self.attention(self.norm(x)))


class ImageFFN(nn.Module):
    """The same FFN on images: 1x1 convolutions, batch norms, a scale per channel."""

    def __init__(self, layer_scale):
        super().__init__()
        self.norm1, self.norm2 = with_statistics(nn.BatchNorm2d(WIDTH)), with_statistics(nn.BatchNorm2d(HIDDEN))
        self.fc1, self.fc2 = nn.Conv2d(WIDTH, HIDDEN, 1), nn.Conv2d(HIDDEN, WIDTH, 1)
        self.scale = nn.Parameter(torch.rand(WIDTH, 1, 1)) if layer_scale else None

    def forward(self, x):
        u = self.fc1(self.norm1(x))
        y = self.fc2(self.norm2(torch.cat([F.gelu(u[:, :ACTIVE]), u[:, ACTIVE:]], dim=1)))
        return x + (y if self.scale is None else self.scale * y)


def facts(active, norm="batch", prefix=""):
    idle = HIDDEN - active
    seen = {
        "norm1": {"kind": "batch_norm" if norm == "batch" else "layer_norm", "size": WIDTH},
        "fc1": dense(WIDTH, HIDDEN) | {"bias": True},
        "act": {"kind": "channel_idle", "activation": "gelu", "size": HIDDEN, "active": active, "idle": idle},
    }
    if norm == "batch":
        seen["norm2"] = {"kind": "batch_norm", "size": HIDDEN}
    seen["fc2"] = dense(HIDDEN, WIDTH) | {"bias": True}
    return {prefix + path: fact for path, fact in seen.items()}


FOLD_NORMS = Rewrite("fold both batch norms", "2.3", True, "eval mode; each is read by a linear alone")
SPLIT = Rewrite("split idle channels", "2.2", True, "the mask depends on channels alone and is constant")
SHORTCUT = Rewrite("merge shortcut", "2.3", True, "the residual reads what the folded norm reads")
NO_SHORTCUT = Rewrite("merge shortcut", "2.3", False, "a layer norm divides by the token's deviation")


def merge_idle(active):
    rank = HIDDEN - active
    if rank > WIDTH / 2:
        return Rewrite("merge idle path", "2.2", True, f"R = {rank} > C/2 = {WIDTH // 2}: one dense {WIDTH}x{WIDTH}")
    return Rewrite("merge idle path", "2.2", False, f"R = {rank} <= C/2 = {WIDTH // 2}: stays a low_rank of that rank")


ALL = [FOLD_NORMS, SPLIT, merge_idle(ACTIVE), SHORTCUT]
NO_NORM = [SPLIT, merge_idle(ACTIVE)]


def masks():
    """Each spelling of the mask, with tokens of unknown and of known number."""
    for spelling in (
        "where",
        "where-permuted",
        "assigned-mask",
        "assigned",
        "split",
        "slice",
        "chunk",
        "multiplied",
        "multiplied-difference",
        "gather-permuted",
    ):
        core = spelling in ("where", "assigned-mask")
        yield Fixture(
            f"mask-{spelling}",
            "2.4",
            lambda spelling=spelling: ChannelIdleFFN(spelling),
            facts(ACTIVE),
            ALL,
            exports=CORE if core else BOTH,
        )
    for spelling in ("where-broadcast", "assigned-mask", "assigned"):
        yield Fixture(
            f"mask-{spelling}-static",
            "2.4",
            lambda spelling=spelling: ChannelIdleFFN(spelling),
            facts(ACTIVE),
            ALL,
            inputs=STATIC_TOKENS,
            exports=(*BOTH, ("dynamo-unoptimized", 18)) if spelling == "assigned-mask" else BOTH,
        )


def variant(form, section, rewrites, active=ACTIVE, norm="batch", cls=ChannelIdleFFN, exports=BOTH, **options):
    return Fixture(
        form,
        section,
        lambda: cls(active=active, norm=norm, **options),
        facts(active, norm),
        rewrites,
        exports=exports,
    )


FIXTURES = [
    *masks(),
    variant(
        "all-idle", "2.2", [FOLD_NORMS, Rewrite("merge block", "2.2", True, "a = 0: y = W x + b")], 0, spelling="slice"
    ),
    variant(
        "all-active",
        "2.2",
        [FOLD_NORMS, Rewrite("split idle channels", "2.2", False, "no channel is idle")],
        HIDDEN,
    ),
    variant("few-idle", "2.2", [FOLD_NORMS, SPLIT, merge_idle(HIDDEN - 8), SHORTCUT], HIDDEN - 8, spelling="split"),
    variant("layer-norm", "2.3", [*NO_NORM, NO_SHORTCUT], norm="layer"),
    variant(
        "layer-scale",
        "2.3",
        [*ALL, Rewrite("fold layer scale", "2.3", True, "it scales the rows of W2 and the bias b2")],
        layer_scale=True,
    ),
    variant("flattened-norm", "2.3", ALL, flatten=True),
    variant(
        "post-norm",
        "2.6",
        [
            Rewrite("fold norm2", "2.3", True, "eval mode; read by fc2 alone"),
            *NO_NORM,
            Rewrite("merge shortcut", "2.6", True, "the norm after the sum is a diagonal in eval mode: it goes into both paths"),
        ],
        post=True,
    ),
    variant(
        "norm-read-elsewhere",
        "2.6",
        [
            Rewrite("fold norm1", "2.6", False, "an activation beside the FFN reads it"),
            Rewrite("fold norm2", "2.3", True, "eval mode; read by fc2 alone"),
            *NO_NORM,
            Rewrite("merge shortcut", "2.6", False, "norm1 stays, and the residual does not read its output"),
        ],
        cls=NormReadElsewhere,
    ),
    Fixture(
        "mask-of-tokens",
        "2.6",
        lambda: ChannelIdleFFN("where-tokens"),
        {path: fact for path, fact in facts(ACTIVE).items() if path != "act"},
        [FOLD_NORMS, Rewrite("split idle channels", "2.6", False, "the mask differs from token to token")],
        inputs=STATIC_TOKENS,
    ),
    Fixture(
        "added-identity",
        "2.3",
        AddedIdentityFFN,
        {"fc1": dense(WIDTH, HIDDEN) | {"bias": True}, "fc2": dense(HIDDEN, WIDTH) | {"bias": True}},
        [Rewrite("merge identity beside the activation", "2.3", False, "exact, but all of the activated part stays")],
    ),
    Fixture(
        "reparameterized",
        "2.2",
        ReparameterizedFFN,
        {
            "A": dense(WIDTH, ACTIVE) | {"bias": True},
            "P": dense(ACTIVE, WIDTH) | {"bias": False},
            "W": dense(WIDTH, WIDTH) | {"bias": True},
        },
        [Rewrite("stack A and W", "2.4", True, "both read x: one product of a + C rows")],
    ),
    Fixture("vit-block", "2.4", ViTBlock, facts(ACTIVE, prefix="ffn."), ALL),
    *(
        Fixture(
            f"image{name}",
            "2.3",
            lambda layer_scale=layer_scale: ImageFFN(layer_scale),
            {
                "norm1": {"kind": "batch_norm", "size": WIDTH, "feature_axis": 1},
                "fc1": dense(WIDTH, HIDDEN) | {"bias": True, "feature_axis": 1},
                "norm2": {"kind": "batch_norm", "size": HIDDEN, "feature_axis": 1},
                "fc2": dense(HIDDEN, WIDTH) | {"bias": True, "feature_axis": 1},
            },
            ALL,
            inputs={"x": ("batch", WIDTH, 3, 3)},
        )
        for name, layer_scale in (("", False), ("-layer-scale", True))
    ),
]
