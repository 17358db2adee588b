//===- Time.cpp - How long a term takes -----------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product takes the greater one of its arithmetic and of what it reads and
// writes in caches, after what has to come from memory: hardware overlaps the
// first two, and prefetches little across operations. Everything else is moves
// of features, at the bandwidth of copies.
//
//===----------------------------------------------------------------------===//

#include "slin/Cost/Time.h"

#include "slin/Term/Cost.h"
#include "slin/Term/Emit.h"

#include <algorithm>

using namespace slin::cost;
using namespace slin::term;

namespace {
/// A value of the model: only its number of features matters.
struct Width {
  int64_t features = 0;
};

class TimeEmitter final : public Emitter<Width> {
public:
  TimeEmitter(const Conditions &conditions, const Target &target,
              double weightBytes)
      : target(target), tokens(conditions.tokens),
        width(bytesOf(conditions.type)),
        throughput(target.throughput.at(conditions.type)) {
    // Streams that pass the caches' size evict themselves before they come
    // again; a little above it some of them survives.
    double resident = weightBytes + conditions.otherBytes;
    missing = std::clamp(4 * (resident / target.cacheSize - 1), 0.0, 1.0);
  }

  double seconds = 0;

  void node() { seconds += target.nodeLatency; }
  void move(double features, double runs) {
    seconds += target.nodeLatency +
               2 * features * tokens * width / target.copyBandwidth +
               runs * tokens * target.runLatency;
  }

  Width product(Width x, const Leaf &matrix) override {
    multiply(matrix, throughput);
    return {matrix.rows()};
  }
  Width groupedProduct(Width x, const Leaf &blocks) override {
    if (target.packingBandwidth && tokens > 1)
      seconds += double(blocks.elements()) * width / *target.packingBandwidth;
    multiply(blocks, throughput * target.groupedEfficiency);
    return {blocks.blocks() * blocks.rows()};
  }
  bool reordersRows() const override { return true; }
  Width reorderedProduct(Width x, const Leaf &blocks,
                         const Permutation &) override {
    return groupedProduct(x, blocks);
  }
  Width rearrange(Width x, const Rearrangement &step) override {
    node();
    // Reshapes move nothing; neither does a transpose that keeps the order.
    std::vector<int64_t> order = step.transposition(),
                         shape = step.expandedShape(/*tokens=*/1);
    if (llvm::is_sorted(order))
      return x;
    int64_t run = 1;
    for (size_t axis = order.size();
         axis-- > 0 && order[axis] == int64_t(axis);)
      run *= shape[axis];
    move(x.features, double(x.features) / run);
    node();
    return x;
  }
  Width gather(Width x, llvm::ArrayRef<int64_t> indices) override {
    move(indices.size(), indices.size());
    return {int64_t(indices.size())};
  }
  Width multiply(Width x, const Leaf &) override { return pass(x, 2); }
  Width scale(Width x, double) override { return pass(x, 2); }
  Width add(Width a, Width) override { return pass(a, 3); }
  Width concat(llvm::ArrayRef<Width> parts) override {
    Width all;
    for (Width part : parts)
      all.features += part.features;
    move(all.features, parts.size());
    return all;
  }
  Width slice(Width, int64_t, int64_t size) override {
    move(size, 1);
    return {size};
  }
  Width zeros(Width, int64_t size) override {
    move(size, 1);
    return {size};
  }

private:
  double bandwidth(double bytes) const {
    return bytes * missing / target.memoryBandwidth;
  }
  void multiply(const Leaf &weights, double rate) {
    double elements = weights.elements();
    double features =
        double(weights.blocks()) * (weights.rows() + weights.columns());
    double bytes = elements * width, all = bytes + features * tokens * width;
    seconds +=
        target.nodeLatency + target.productLatency + bandwidth(bytes) +
        std::max(2 * elements * tokens / rate, all / target.cacheBandwidth);
  }
  /// Reads and writes whole values, element by element.
  Width pass(Width x, int values) {
    seconds += target.nodeLatency + double(values) * x.features * tokens *
                                        width / target.cacheBandwidth;
    return x;
  }

  const Target &target;
  double tokens;
  double width;
  double throughput;
  /// The part of the weights that comes from memory.
  double missing;
};
} // namespace

double slin::cost::estimateTime(const Term &term, const Conditions &conditions,
                                const Target &target) {
  double bytes = double(term::cost(term).parameters) * bytesOf(conditions.type);
  TimeEmitter emitter(conditions, target, bytes);
  if (conditions.leadingAxes && needsFlatTokens(term))
    // Two reshapes, and three operations that find the shape to restore.
    for (int i = 0; i < 5; ++i)
      emitter.node();
  term::emit(term, Width{term.columns()}, emitter);
  return emitter.seconds;
}
