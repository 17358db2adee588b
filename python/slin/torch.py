# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Feed-forward networks of a torch model that run a .slingpu file's kernels.

    import slin.torch

    slin.torch.replace_ffns(model, "model.slingpu")
    model(tokens)

Inference only: no gradient passes through the kernels.
"""

import os
from collections.abc import Mapping

import torch

from slin import runtime


class FFN(torch.nn.Module):
    """An entry of an artefact in the place of a module that computed the same. A sum of experts is called with what they
    read and with the gates that a router gives them, [..., experts]."""

    def __init__(self, program: runtime.Program, entry: str):
        super().__init__()
        self.program, self.entry = program, entry

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        if torch.is_grad_enabled() and any(x.requires_grad for x in inputs):
            raise runtime.Error(
                f"entry '{self.entry}': expected inference, found an input that wants a gradient: use torch.no_grad()"
            )
        return self.program.run(self.entry, *(x.contiguous() for x in inputs))

    def extra_repr(self) -> str:
        return f"{self.entry!r}, {self.program.target}"


def _module_path(entry: str) -> str:
    """An FFN's path in the ONNX graph as torch spells it: `/encoder/layer.0/mlp/` is
    `encoder.layer.0.mlp`."""
    return entry.strip("/").replace("/", ".")


def _find(model: torch.nn.Module, entry: str) -> str:
    """The one module that an entry's name means: by its whole path or, where the
    exported model was wrapped in another, by the end of one of the two."""
    path = _module_path(entry)
    names = [name for name, _ in model.named_modules() if name]
    if path in names:
        return path
    found = [name for name in names if f".{name}".endswith(f".{path}") or f".{path}".endswith(f".{name}")]
    longest = [name for name in found if len(name) == max(map(len, found))]
    if len(longest) == 1:
        return longest[0]
    raise runtime.Error(
        f"entry '{entry}': expected a module of this path in the model, found"
        f" {', '.join(longest) or 'none'}: give `mapping`, as {{'encoder.layer.0.mlp': '{entry}'}}"
    )


def _check(path: str, module: torch.nn.Module, entry: runtime.Entry) -> None:
    """Whether a module is an FFN that an entry can stand for."""
    linears = [part for part in module.modules() if isinstance(part, torch.nn.Linear)]
    found = f"{type(module).__name__} with {len(linears)} Linear"
    ends = (entry.inputs[0].features, entry.outputs[0].features)
    if not linears:
        return  # of some other kind (Conv1D, a parallel linear): its path must do
    widths = {linear.in_features for linear in linears}, {linear.out_features for linear in linears}
    if len(linears) < 2 or ends[0] not in widths[0] or ends[1] not in widths[1]:
        raise runtime.Error(
            f"module '{path}': expected a feed-forward network from {ends[0]} to {ends[1]} features, found"
            f" {found}: give `mapping`"
        )


def _plan(model: torch.nn.Module, program: runtime.Program) -> dict[str, str | None]:
    """What becomes of which module. BERT's layers have their network in two parts, of
    which the second adds the residual: the first computes the whole, and the linear of
    the second does nothing."""
    mapping: dict[str, str | None] = {}
    for name, entry in program.entries.items():
        if len(entry.inputs) != 1 or len(entry.outputs) != 1:
            raise runtime.Error(
                f"entry '{name}': expected one input and one output to stand for a module, found {len(entry.inputs)} and"
                f" {len(entry.outputs)}: give `mapping` for the others, and call FFN(program, '{name}') where the model"
                " has these inputs"
            )
        path = _find(model, name)
        parts = dict(model.get_submodule(path).named_children())
        if "intermediate" in parts and hasattr(parts.get("output"), "dense"):
            mapping |= {f"{path}.intermediate": name, f"{path}.output.dense": None}
            continue
        _check(path, model.get_submodule(path), entry)
        mapping[path] = name
    return mapping


def replace_ffns(
    model: torch.nn.Module,
    artefact: runtime.Program | str | os.PathLike,
    mapping: Mapping[str, str | None] | None = None,
    device: int = 0,
) -> torch.nn.Module:
    """Replaces modules of `model`, in place, by entries of an artefact; gives `model`.

    The entries' names say which modules, unless `mapping` does: paths of modules to
    names of entries, or to None for a module that is to do nothing (as the second part
    of a network, whose first part now computes the whole). Nothing is replaced where
    one of them cannot be.
    """
    program = artefact if isinstance(artefact, runtime.Program) else runtime.load(artefact, device)
    chosen = dict(mapping) if mapping is not None else _plan(model, program)
    made: dict[str, torch.nn.Module] = {}
    for path, entry in chosen.items():
        try:
            module = model.get_submodule(path)
        except AttributeError as error:
            raise runtime.Error(f"mapping: expected the path of a module, found '{path}': {error}") from error
        if module.training and any(isinstance(part, torch.nn.Dropout) and part.p for part in module.modules()):
            raise runtime.Error(f"module '{path}': expected a model for inference, found dropout: call model.eval()")
        if entry is not None and entry not in program.entries:
            raise runtime.Error(f"mapping: expected an entry of {', '.join(program.entries)}, found '{entry}'")
        made[path] = torch.nn.Identity() if entry is None else FFN(program, entry)
    for path, module in made.items():
        parent, _, name = path.rpartition(".")
        setattr(model.get_submodule(parent), name, module)
    return model
