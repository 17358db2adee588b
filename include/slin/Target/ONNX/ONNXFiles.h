//===- ONNXFiles.h - ONNX files in and out ----------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads an ONNX file into the onnx dialect and writes it back. What was not
// touched is written equal: parsed messages are equal, each node's attributes
// compared by name, everything else in order.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TARGET_ONNX_ONNXFILES_H
#define SLIN_TARGET_ONNX_ONNXFILES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/LLVM.h"

#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace slin::onnx {

struct ImportOptions {
  /// Folders in which external data is looked for beside the model's own.
  std::vector<std::string> dataFolders;
};

/// Reads the model at `path`. Weights stay in their files. Emits a diagnostic
/// and returns null if it cannot be read.
mlir::OwningOpRef<mlir::ModuleOp> importFile(llvm::StringRef path,
                                             mlir::MLIRContext *context,
                                             const ImportOptions &options = {});

/// Reads a serialized model from memory (a pipe); its weights become new
/// weights of the context. `displayName` stands in diagnostics.
mlir::OwningOpRef<mlir::ModuleOp>
importBytes(llvm::StringRef bytes, llvm::StringRef displayName,
            mlir::MLIRContext *context, const ImportOptions &options = {});

/// Whether `bytes` can be the beginning of a serialized ModelProto, rather than
/// of MLIR text or bytecode.
bool looksLikeModel(llvm::StringRef bytes);

struct ExportOptions {
  enum class ExternalData {
    /// As the model has it; external where one message would pass 2 GB.
    Automatic,
    Always,
    Never
  };
  ExternalData externalData = ExternalData::Automatic;
  /// For streams: tensors that no pass made keep naming the model's own
  /// external files. Whoever reads the message must know the model's folder.
  bool keepExternal = false;
};

/// Writes `module` to `path`, and weights with external data to
/// `<path>.data`. Files are written beside their place and renamed, so that a
/// failure leaves nothing behind and the input may be the output.
mlir::LogicalResult exportFile(mlir::ModuleOp module, llvm::StringRef path,
                               const ExportOptions &options = {});

/// Writes `module` to `os` as one message, weights embedded (except for
/// `ExportOptions::keepExternal`; other options are for files).
mlir::LogicalResult exportStream(mlir::ModuleOp module, llvm::raw_ostream &os,
                                 const ExportOptions &options = {});

} // namespace slin::onnx

#endif // SLIN_TARGET_ONNX_ONNXFILES_H
