//===- WeightTable.h - Every weight once ------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Plans and targets share the weights that have the same bytes, whatever their
// names.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ARTEFACT_WEIGHTTABLE_H
#define SLIN_LIB_TARGET_ARTEFACT_WEIGHTTABLE_H

#include "Sections.h"

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"
#include "slin/Weights/Elements.h"

#include <map>
#include <vector>

namespace slin::artefact {

class WeightTable {
public:
  explicit WeightTable(Sections &sections) : sections(sections) {}

  /// The index of the weight. Fails with a diagnostic.
  mlir::FailureOr<uint32_t> add(slingpu::WeightOp op);

  struct Stored {
    uint64_t offset;
    weights::Elements elements;
  };
  std::vector<Stored> stored;
  /// Bytes of the section.
  uint64_t size = 0;

  uint32_t checksum() const;

private:
  Sections &sections;
  llvm::DenseMap<mlir::Attribute, uint32_t> known;
  /// By size and hash of the bytes.
  std::multimap<std::pair<uint64_t, uint64_t>, uint32_t> byContent;
};

} // namespace slin::artefact

#endif // SLIN_LIB_TARGET_ARTEFACT_WEIGHTTABLE_H
