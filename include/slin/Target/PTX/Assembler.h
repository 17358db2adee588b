//===- Assembler.h - PTX as machine code ------------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NVIDIA's ptxas, and what it says of the kernels. It is a program of its own
// that need not be there: the driver compiles PTX too, at load time.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TARGET_PTX_ASSEMBLER_H
#define SLIN_TARGET_PTX_ASSEMBLER_H

#include "slin/Target/PTX/PTX.h"

#include <optional>
#include <vector>

namespace slin::ptx {

/// What ptxas says of one kernel.
struct KernelResources {
  std::string kernel;
  unsigned registers = 0;
  /// Bytes that are stored and loaded since registers do not suffice.
  unsigned spillBytes = 0;
  /// Static; dynamic shared memory is given at launch.
  unsigned sharedBytes = 0;
  unsigned stackBytes = 0;
  /// Bytes of its machine code.
  uint64_t codeBytes = 0;
};

struct Assembly {
  std::string cubin;
  std::vector<KernelResources> kernels;
};

/// Where ptxas is: `asked`, which has to be one then, $CUDA_HOME/bin, the PATH,
/// `folders` (as of Python packages that bring it), /usr/local/cuda/bin.
/// Nothing where there is none; fails with a reason if `asked` is none.
mlir::FailureOr<std::optional<std::string>>
findAssembler(llvm::StringRef asked, llvm::ArrayRef<std::string> folders,
              std::string &reason);

/// What `ptxas -v` says of kernels, in the order in which it does. Fails with a
/// reason that names the kernel where one is not as fast as its schedule
/// assumes: registers are spilled, or a note (C75xx, C76xx) says that its
/// asynchronous instructions wait for each other.
mlir::FailureOr<std::vector<KernelResources>>
parseResources(llvm::StringRef text, const Chip &chip, std::string &reason);

/// Assembles `text` with the ptxas at `assembler`; fails with a reason.
mlir::FailureOr<Assembly> assemble(llvm::StringRef assembler,
                                   llvm::StringRef text, const Chip &chip,
                                   std::string &reason);

} // namespace slin::ptx

#endif // SLIN_TARGET_PTX_ASSEMBLER_H
