//===- Time.h - How long a term takes ---------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An estimate of the time that one call of a linear takes. It is a backend of
// term::Emitter that adds up times instead of writing operations, so that what
// is estimated is what would be written: products, products by blocks, moves of
// features between them. Nothing here knows structures by name.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_COST_TIME_H
#define SLIN_COST_TIME_H

#include "slin/Cost/Target.h"
#include "slin/Term/Term.h"

namespace slin::cost {

/// Under what a linear runs.
struct Conditions {
  /// Tokens per call.
  int64_t tokens = 1;
  ElementType type = ElementType::F32;
  /// Whether the activations may have several leading axes, which block forms
  /// make one and restore.
  bool leadingAxes = true;
  /// Bytes of everything else that is read between two calls of this linear:
  /// what decides whether its own weights are still in caches.
  double otherBytes = 0;
};

/// Seconds per call of `term` on `target`, which supports the element type.
double estimateTime(const term::Term &term, const Conditions &conditions,
                    const Target &target);

} // namespace slin::cost

#endif // SLIN_COST_TIME_H
