# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Control flow of a kernel: where diverged lanes meet again, and which registers may be read before they are written.

Source: PTX ISA, "Control Flow Instructions"; lanes meet at the immediate post-dominator of the branch.
"""

from .ptx import Kernel


def branch_targets(kernel: Kernel, index: int) -> list[int] | None:
    """Where instruction `index` may go besides the next one; None if it is no branch."""
    instruction = kernel.instructions[index]
    if instruction.parts[0] == "bra":
        return [kernel.labels[instruction.operands[0].name]]
    if instruction.parts[0] == "brx":
        return [kernel.labels[name.strip()] for name in kernel.branch_targets[instruction.operands[1].name]]
    return None


class ControlFlow:
    """Basic blocks [start, end) with successors; block number len(starts) is the exit."""

    def __init__(self, kernel: Kernel):
        count = len(kernel.instructions)
        leaders = {0} | {index for index in kernel.labels.values() if index < count}
        for index, instruction in enumerate(kernel.instructions):
            if instruction.parts[0] in ("bra", "brx", "ret", "exit", "trap") and index + 1 < count:
                leaders.add(index + 1)
        self.starts = sorted(leaders)
        self.ends = [*self.starts[1:], count]
        self.exit = len(self.starts)
        block_of = {start: block for block, start in enumerate(self.starts)} | {count: self.exit}
        self.successors = []
        for block, end in enumerate(self.ends):
            last = kernel.instructions[end - 1]
            targets = branch_targets(kernel, end - 1)
            if targets is not None:
                following = [block_of[target] for target in targets]
            else:
                following = [self.exit] if last.parts[0] in ("ret", "exit", "trap") else [block + 1]
            if last.predicate and block + 1 not in following:
                following.append(block + 1)
            self.successors.append(following)
        self.reconvergence = self._reconvergence(count)

    def _reconvergence(self, count):
        """Last instruction of a block → index at which lanes that part there meet again."""
        everything = (1 << (self.exit + 1)) - 1
        dominators = [everything] * self.exit + [1 << self.exit]
        changed = True
        while changed:
            changed = False
            for block in reversed(range(self.exit)):
                common = everything
                for following in self.successors[block]:
                    common &= dominators[following]
                if common | 1 << block != dominators[block]:
                    dominators[block] = common | 1 << block
                    changed = True
        meeting = {}
        for block in range(self.exit):
            candidates = [other for other in range(self.exit + 1) if other != block and dominators[block] >> other & 1]
            nearest = max(candidates, key=lambda other: dominators[other].bit_count(), default=self.exit)
            meeting[self.ends[block] - 1] = self.starts[nearest] if nearest < self.exit else count
        return meeting

    def assigned_before(self, reads: list[frozenset], writes: list[frozenset], certain: list[bool]) -> set:
        """Registers that some path reads before it surely writes them: only those are watched while running.
        `certain[i]` is false where instruction i may write for a part of the lanes only."""
        predecessors = [[] for _ in range(self.exit + 1)]
        for block, following in enumerate(self.successors):
            for other in following:
                predecessors[other].append(block)
        written = []
        for start, end in zip(self.starts, self.ends, strict=True):
            sure = [writes[index] for index in range(start, end) if certain[index]]
            written.append(frozenset().union(*sure))
        incoming = [None] * self.exit
        incoming[0] = frozenset()
        changed = True
        while changed:
            changed = False
            for block in range(self.exit):
                known = [
                    incoming[other] | written[other] for other in predecessors[block] if incoming[other] is not None
                ]
                if block == 0 or not known:
                    continue
                common = frozenset.intersection(*known)
                if common != incoming[block]:
                    incoming[block] = common
                    changed = True
        doubtful = set()
        for block, (start, end) in enumerate(zip(self.starts, self.ends, strict=True)):
            if incoming[block] is None:
                continue
            assigned = set(incoming[block])
            for index in range(start, end):
                doubtful |= reads[index] - assigned
                if certain[index]:
                    assigned |= writes[index]
        return doubtful
