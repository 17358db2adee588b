# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every instruction that the emulator knows stands in some test of it."""

import pathlib
import re

import emulator  # noqa: F401
from emulator.program import REGISTRY

HINTS = {"pmevent", "prefetchu"}


def test_every_instruction_is_tested():
    folder = pathlib.Path(__file__).parent
    text = "\n".join(path.read_text() for path in folder.glob("*emulator*.py") if path.name != pathlib.Path(__file__).name)
    untested = {name for name in families() if not re.search(rf"\b{re.escape(name)}\b", text)}
    assert untested == HINTS


def families():
    """Opcodes without modifiers: what stands in front of the first type, size or rounding."""
    for name in REGISTRY:
        parts = name.split(".")
        if parts[0] in ("mbarrier", "barrier", "wgmma", "griddepcontrol", "cp", "shfl", "vote", "redux", "match", "elect"):
            yield ".".join(parts[:3] if parts[0] == "cp" or name.startswith("barrier.c") else parts[:2])
        else:
            yield parts[0]
