# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Seeded bugs: edits of a kernel's PTX that a test must notice.

A mutation counts as caught only by a failed check or a wrong result. Whatever else goes wrong, such as an instruction
that the emulator does not know, is no verdict and stays an error.
"""

import dataclasses
import re
from collections.abc import Callable

from .checks import Violation


@dataclasses.dataclass(frozen=True)
class Mutation:
    """Replaces `pattern` everywhere, or only its `occurrence`-th match from 0 on (negative: from the end)."""

    name: str
    pattern: str
    replacement: str
    occurrence: int | None = None

    def apply(self, ptx: str) -> str:
        matches = list(re.finditer(self.pattern, ptx, re.MULTILINE))
        if not matches:
            raise ValueError(f"mutation '{self.name}' does not apply: nothing matches {self.pattern}")
        if self.occurrence is not None:
            matches = [matches[self.occurrence]]
        for match in reversed(matches):
            ptx = ptx[: match.start()] + match.expand(self.replacement) + ptx[match.end() :]
        return ptx

    def applies(self, ptx: str) -> bool:
        return re.search(self.pattern, ptx, re.MULTILINE) is not None


def verdict(mutation: Mutation, ptx: str, is_right: Callable[[str], bool]) -> str:
    """The name of the check that failed, "wrong result", or "survived". `is_right` runs the mutated PTX."""
    mutated = mutation.apply(ptx)
    assert mutated != ptx, f"mutation '{mutation.name}' changes nothing"
    try:
        return "survived" if is_right(mutated) else "wrong result"
    except Violation as violation:
        return violation.check


def remove(name: str, opcode: str, occurrence: int | None = None) -> Mutation:
    """Without the instruction that starts with this text."""
    return Mutation(name, rf"(?:^|(?<=[;:]))\s*(@!?%\w+\s+)?{opcode}[^;]*;", "", occurrence)


# Bugs that any kernel with these instructions must not survive.
MUTATIONS = (
    Mutation("waits for one wgmma group less", r"(wgmma\.wait_group\.sync\.aligned)\s+1\b", r"\1 2"),
    remove("never waits for wgmma at the end", r"wgmma\.wait_group\.sync\.aligned\s+0"),
    remove("no wgmma.fence", r"wgmma\.fence"),
    remove("no wgmma commit", r"wgmma\.commit_group"),
    remove("no fence.proxy.async", r"fence\.proxy\.async"),
    remove("no barrier after the mbarriers are made", r"bar\.sync\s+0", 0),
    remove("mbarriers are not fenced", r"fence\.mbarrier_init"),
    remove("no cluster barrier wait", r"barrier\.cluster\.wait", 0),
    Mutation("store buffer reused early", r"(bulk\.wait_group\.read)\s+\d+", r"\1 9"),
    remove("bulk stores are not committed", r"cp\.async\.bulk\.commit_group"),
    Mutation("waits for the other parity", r"(mbarrier\.try_wait\.parity\S*\s+%p\d+, \[[^\]]+\]), (%r\d+)", r"\1, 1"),
    remove("one arrival is missing", r"mbarrier\.arrive\.(shared|release)", 0),
    Mutation("a mirrored arrival", r"(mbarrier\.arrive\.(?:shared|release)[^;]*;)", r"\1\n\1", 0),
    Mutation("cp.async waits for one group less", r"cp\.async\.wait_group\s+([1-9])", r"cp.async.wait_group 9"),
    remove("cp.async is not committed", r"cp\.async\.commit_group"),
    Mutation(
        "fragments are transposed",
        r"ldmatrix\.sync\.aligned\.m8n8\.x4\.shared",
        "ldmatrix.sync.aligned.m8n8.x4.trans.shared",
        0,
    ),
    Mutation("bf16 pairs are swapped", r"(cvt\.rn\.bf16x2\.f32\s+%r\d+), (%r\d+), (%r\d+)", r"\1, \3, \2"),
)
