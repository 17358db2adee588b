//===- Artefact.h - What a GPU runs, as a file ------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Entries of launches with the code of their kernels, for one target or
// several, become a .slingpu file (docs/Artefact.md).
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TARGET_ARTEFACT_ARTEFACT_H
#define SLIN_TARGET_ARTEFACT_ARTEFACT_H

#include "slin/Target/PTX/Assembler.h"
#include "slin/Weights/Elements.h"

#include "mlir/IR/BuiltinOps.h"

#include <array>

namespace slin::artefact {

/// A gpu.module as code: PTX, and machine code where it was assembled.
struct Code {
  mlir::gpu::GPUModuleOp module;
  std::string ptx;
  std::optional<ptx::Assembly> assembly;
};

/// What one target is given: a module with slingpu.entry ops of launches, and
/// the code of its gpu.module ops.
struct TargetCode {
  ptx::Chip chip;
  mlir::ModuleOp module;
  std::vector<Code> code;
};

/// Translates every gpu.module of `module`, and assembles it where
/// `assembler` is not empty. Fails with a diagnostic.
mlir::FailureOr<TargetCode> makeCode(mlir::ModuleOp module,
                                     const ptx::Chip &chip,
                                     llvm::StringRef assembler);

/// A pair of the file's metadata.
struct Metadata {
  std::string key, value;
};

/// A file, but for the weights' bytes, which are read when it is written.
class Artefact {
public:
  /// Puts the targets together: entries of the same paths and signatures in
  /// each. Equal weights are stored once. Fails with a diagnostic.
  static mlir::FailureOr<Artefact> build(llvm::ArrayRef<TargetCode> targets,
                                         llvm::ArrayRef<Metadata> metadata);

  void write(llvm::raw_ostream &os) const;

  /// Writes the file beside its place and renames it. Fails with a reason,
  /// and leaves nothing behind then.
  mlir::LogicalResult writeFile(llvm::StringRef path,
                                std::string &reason) const;

  uint64_t getSize() const { return size; }
  uint64_t getWeightBytes() const { return weightBytes; }

private:
  friend class ArtefactBuilder;
  /// Header, table and all sections but the last one.
  std::string head;
  /// The last section: each weight at its offset there.
  struct Weight {
    uint64_t offset;
    weights::Elements elements;
  };
  std::vector<Weight> weights;
  uint64_t size = 0, weightBytes = 0;
};

} // namespace slin::artefact

#endif // SLIN_TARGET_ARTEFACT_ARTEFACT_H
