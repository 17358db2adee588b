//===- Contents.h - What stands in a model, for comparison ------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lists nodes and weights with digests of what they say, so that `slin diff`
// can tell what changed without reading weights into Python.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_REPORT_CONTENTS_H
#define SLIN_REPORT_CONTENTS_H

#include "mlir/IR/BuiltinOps.h"

#include "llvm/Support/raw_ostream.h"

namespace slin::report {

/// Writes `{"nodes": [{"graph", "node", "op", "digest"}, …], "weights":
/// [{"graph", "weight", "dtype", "shape", "parameters", "digest"}, …]}` in the
/// order of the model. A node's digest covers its inputs, outputs, attributes
/// and subgraphs, a weight's its type and bytes, wherever these lie. Fails,
/// with an error on the weight, where bytes cannot be read.
mlir::LogicalResult printContents(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace slin::report

#endif // SLIN_REPORT_CONTENTS_H
