//===- Target.h - What a machine is good for --------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The constants that the cost model knows of a machine: at most twelve numbers,
// from one JSON file per target, each with where it came from. `slin bench
// --calibrate-target` writes such files; the shipped ones are compiled in.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_COST_TARGET_H
#define SLIN_COST_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slin::cost {

/// Element types that products are known to run in.
enum class ElementType { F16, BF16, F32, F64 };

/// `f16`, `bf16`, `f32`, `f64`.
llvm::StringRef nameOf(ElementType type);
unsigned bytesOf(ElementType type);

/// A machine. Rates are per second, latencies and times in seconds.
struct Target {
  std::string name;
  /// Floating-point operations of a large product, a multiply-accumulate being
  /// two; types that are missing have no kernels.
  std::map<ElementType, double> throughput;
  /// Bytes from memory, and from caches.
  double memoryBandwidth = 0, cacheBandwidth = 0;
  /// Bytes that stay in caches from one call to the next.
  double cacheSize = 0;
  /// The part of the throughput that products by blocks reach.
  double groupedEfficiency = 1;
  /// Bytes of blocks that are put in order per call, where a runtime does that
  /// before it multiplies by more than one token; nothing where none does.
  std::optional<double> packingBandwidth;
  /// Bytes that a transpose moves in long runs.
  double copyBandwidth = 0;
  /// What each run of features that a transpose moves costs besides.
  double runLatency = 0;
  /// From one operation to the next, and what a product takes besides, until
  /// all threads have begun and ended.
  double nodeLatency = 0, productLatency = 0;

  /// Whether products of this type can be timed.
  bool supports(ElementType type) const { return throughput.count(type); }
};

/// A target, or the reason why there is none. Tested like an optional.
class TargetOrReason {
public:
  TargetOrReason(Target target) : target(std::move(target)) {}
  static TargetOrReason failure(std::string reason) {
    TargetOrReason result;
    result.text = std::move(reason);
    return result;
  }
  explicit operator bool() const { return target.has_value(); }
  const Target &operator*() const { return *target; }
  const Target *operator->() const { return &*target; }
  /// Lower case, without period, with expected and found; empty on success.
  const std::string &reason() const { return text; }

private:
  TargetOrReason() = default;
  std::optional<Target> target;
  std::string text;
};

/// Reads the JSON of a target; `source` is what messages call it. Every number
/// is an object with `value`, `unit` and `source`.
TargetOrReason parseTarget(llvm::StringRef json, llvm::StringRef source);

/// The target compiled in under that name, or the one in the JSON file at that
/// path: whatever has a slash or ends in `.json` is a path.
TargetOrReason findTarget(llvm::StringRef nameOrPath);

/// Names of the targets that are compiled in.
std::vector<llvm::StringRef> shippedTargets();

} // namespace slin::cost

#endif // SLIN_COST_TARGET_H
