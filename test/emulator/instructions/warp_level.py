# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Instructions across the lanes of a warp: shfl, vote, match, redux, elect, activemask.

Source: PTX ISA, "Data Movement and Conversion Instructions: shfl.sync", "Parallel Synchronization and Communication
Instructions: vote.sync, match.sync, activemask, redux.sync, elect.sync". Every lane that the member mask names must
execute the instruction.
"""

import numpy as np

from ..checks import Violation
from ..memory import LANES
from ..program import Decoder, Effect, instruction
from ..ptx import Register, Vector


def _members(d, operand):
    row = d.source(operand, "b32")

    def members(w, m):
        lanes = np.ones(32, bool) if m is True else m
        named = int(w.v[row[0]][row[1]][int(np.argmax(lanes))])
        mask = (named >> LANES & 1).astype(bool)
        if w.alive is not True:
            mask = mask & w.alive
        if (mask & ~lanes).any() or (lanes & ~mask).any():
            raise Violation("divergent-aligned", f"member mask {named:#x}, {int(lanes.sum())} lanes execute")
        return lanes

    return members


@instruction("shfl.sync")
def shuffle(d: Decoder, item):
    """The source lane per mode; where it lies outside of the segment, the lane's own value."""
    mode = item.parts[2]
    first, value, lane, clamp, mask = item.operands
    targets = first.elements if isinstance(first, Vector) else (first,)
    result = d.destination(targets[0], "b32")
    inside_row = d.destination(targets[1], "pred") if len(targets) > 1 else None
    value, lane, clamp = (d.source(o, "b32") for o in (value, lane, clamp))
    members = _members(d, mask)

    def run(w, m):
        lanes = members(w, m)
        x = w.v[value[0]][value[1]]
        by = w.v[lane[0]][lane[1]].astype(np.int64) & 31
        c = w.v[clamp[0]][clamp[1]].astype(np.int64)
        segment = c >> 8 & 31
        upper = (LANES & segment) | (c & 31 & ~segment)
        lower = LANES & segment
        source = {"up": LANES - by, "down": LANES + by, "bfly": LANES ^ by, "idx": lower | (by & ~segment)}[mode]
        inside = source >= upper if mode == "up" else source <= upper
        source = np.where(inside, source, LANES)
        if not lanes[source[lanes]].all():
            raise Violation("divergent-aligned", "a value is taken from a lane that does not take part")
        np.copyto(w.v[result[0]][result[1]], x[source], where=lanes)
        if inside_row:
            np.copyto(w.v[inside_row[0]][inside_row[1]], inside, where=lanes)

    return Effect(run)


@instruction("vote.sync")
def vote(d, item):
    mode, type_ = item.parts[2], item.parts[3]
    target = d.destination(item.operands[0], type_)
    operand = item.operands[1]
    negated = isinstance(operand, Register) and operand.negated
    source = d.source(Register(operand.name) if negated else operand, "pred")
    members = _members(d, item.operands[2])

    def run(w, m):
        lanes = members(w, m)
        values = w.v[source[0]][source[1]] ^ negated
        held = values[lanes]
        result = {
            "all": held.all(),
            "any": held.any(),
            "uni": held.all() or not held.any(),
            "ballot": int(((values & lanes) << LANES).sum()),
        }[mode]
        w.v[target[0]][target[1]][lanes] = result

    return Effect(run)


@instruction("match.any.sync.b32")
def match(d, item):
    target, source = d.destination(item.operands[0], "b32"), d.source(item.operands[1], "b32")
    members = _members(d, item.operands[2])

    def run(w, m):
        lanes = members(w, m)
        x = w.v[source[0]][source[1]]
        equal = (x[:, None] == x) & lanes
        np.copyto(w.v[target[0]][target[1]], (equal << LANES).sum(1).astype(np.uint32), where=lanes)

    return Effect(run)


_REDUCTIONS = {
    "add": np.add,
    "min": np.minimum,
    "max": np.maximum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}


@instruction("redux.sync")
def reduce(d, item):
    operation, type_ = item.parts[2], item.parts[3]
    target, source = d.destination(item.operands[0], type_), d.source(item.operands[1], type_)
    members = _members(d, item.operands[2])

    def run(w, m):
        lanes = members(w, m)
        w.v[target[0]][target[1]][lanes] = _REDUCTIONS[operation].reduce(w.v[source[0]][source[1]][lanes])

    return Effect(run)


@instruction("elect.sync")
def elect(d, item):
    first = item.operands[0]
    leader, chosen = first.elements if isinstance(first, Vector) else (None, first)
    leader = d.destination(leader, "b32") if leader else None
    chosen = d.destination(chosen, "pred")
    members = _members(d, item.operands[1])

    def run(w, m):
        lanes = members(w, m)
        lane = int(np.argmax(lanes))
        np.copyto(w.v[chosen[0]][chosen[1]], lane == LANES, where=lanes)
        if leader:
            w.v[leader[0]][leader[1]][lanes] = lane

    return Effect(run)


@instruction("activemask.b32")
def active_mask(d, item):
    target = d.destination(item.operands[0], "b32")

    def run(w, m):
        lanes = np.ones(32, bool) if m is True else m
        w.v[target[0]][target[1]][lanes] = int((lanes.astype(np.int64) << LANES).sum())

    return Effect(run)
