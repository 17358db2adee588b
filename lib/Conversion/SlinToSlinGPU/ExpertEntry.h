//===- ExpertEntry.h - Entries of experts as one ----------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Experts that are computed by the same products, each with weights of its own,
// become one entry of tokens and gates: it routes, multiplies rows by experts,
// and combines. Whatever structure their operators have, it is that of products
// already.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_CONVERSION_SLINTOSLINGPU_EXPERTENTRY_H
#define SLIN_LIB_CONVERSION_SLINTOSLINGPU_EXPERTENTRY_H

#include "slin/Dialect/SlinGPU/IR/SlinGPUOps.h"

#include <string>

namespace slin {

/// An entry `path`, after the last of `experts`, of inputs x [tokens, features]
/// and gates [tokens, E], of which `choices` of a token are not zero. The
/// experts and their weights are erased. Fails with a reason, and leaves all as
/// it is, where they are not the same products.
mlir::FailureOr<slingpu::EntryOp>
joinExperts(llvm::ArrayRef<slingpu::EntryOp> experts, llvm::StringRef path,
            int64_t choices, std::string &reason);

} // namespace slin

#endif // SLIN_LIB_CONVERSION_SLINTOSLINGPU_EXPERTENTRY_H
