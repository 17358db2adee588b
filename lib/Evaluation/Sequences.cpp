//===- Sequences.cpp - Sequences of tensors -------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As exporters write torch.chunk and torch.split where sizes are computed.
//
//===----------------------------------------------------------------------===//

#include "Movement.h"
#include "Places.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

/// Parts of one size, of given sizes, or of size 1.
static LogicalResult splitToSequence(NodeCall &call) {
  const Tensor &data = call[0];
  int64_t axis = call.axis(call.integer("axis", 0), data.getRank());
  if (axis < 0)
    return failure();
  int64_t size = data.getShape()[axis];
  const Tensor *split = call.find(1);
  Shape sizes;
  if (split && split->getRank() == 1) {
    sizes = *call.list("", 1);
  } else {
    int64_t each = split ? split->integerAt(0) : 1;
    if (each < 1)
      return call.fail("expected parts of at least 1, found " + Twine(each));
    for (int64_t first = 0; first < size; first += each)
      sizes.push_back(std::min(each, size - first));
  }
  if (failed(splitInto(call, data, axis, sizes)))
    return failure();
  if (split || call.integer("keepdims", 1))
    return success();
  for (Tensor &part : call.results) {
    Shape shape(part.getShape());
    shape.erase(shape.begin() + axis);
    part = part.reshaped(shape);
  }
  return success();
}

static LogicalResult construct(NodeCall &call) {
  for (unsigned i = 0; i < call.getNumInputs(); ++i)
    if (const Tensor *element = call.find(i))
      (void)call.give(*element);
  return success();
}

static LogicalResult elementAt(NodeCall &call) {
  ArrayRef<Tensor> sequence = call.sequence();
  const Tensor *index = call.find(1);
  int64_t count = sequence.size();
  if (!index || index->size() != 1)
    return call.fail("expected a sequence and an index");
  int64_t at = index->integerAt(0) + (index->integerAt(0) < 0 ? count : 0);
  if (at < 0 || at >= count)
    return call.fail("expected an index within " + Twine(count) + ", found " +
                     Twine(index->integerAt(0)));
  return call.give(sequence[at]);
}

static LogicalResult concatFromSequence(NodeCall &call) {
  SmallVector<Tensor> parts(call.sequence());
  if (parts.empty())
    return call.fail("expected a sequence with elements");
  int64_t axis = call.integer("axis", 0);
  if (call.integer("new_axis", 0)) {
    axis = call.axis(axis, parts[0].getRank() + 1);
    if (axis < 0)
      return failure();
    for (Tensor &part : parts) {
      Shape shape(part.getShape());
      shape.insert(shape.begin() + std::min<int64_t>(axis, shape.size()), 1);
      part = part.reshaped(shape);
    }
  }
  SmallVector<const Tensor *> pointers;
  for (const Tensor &part : parts)
    pointers.push_back(&part);
  return join(call, pointers, axis);
}

void evaluation::addSequences(NodeTable &table) {
  table.add("SplitToSequence", 1, splitToSequence, /*makesSequence=*/true);
  table.add("SequenceConstruct", 1, construct, /*makesSequence=*/true);
  table.add("SequenceAt", 0, elementAt);
  table.add("ConcatFromSequence", 0, concatFromSequence);
}
