//===- ImportContext.h - One import under way -------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What every part of the import needs to know: where the model lies, where its
// weights lie, and how to say what is wrong with it.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ONNX_IMPORTCONTEXT_H
#define SLIN_LIB_TARGET_ONNX_IMPORTCONTEXT_H

#include "WireFormat.h"

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include "onnx-ml.pb.h"

namespace slin::onnx {

/// External files of one model: finds them, refuses what lies outside, and
/// remembers which bytes are taken.
class ExternalFiles {
public:
  ExternalFiles(std::string folder, std::string realModelFolder,
                std::vector<std::string> dataFolders)
      : folder(std::move(folder)), realModelFolder(std::move(realModelFolder)),
        dataFolders(std::move(dataFolders)) {}

  /// The size of `location`, or failure with a reason.
  mlir::FailureOr<uint64_t> sizeOf(llvm::StringRef location,
                                   std::string &reason);
  /// Notes that `tensor` takes bytes; `findOverlap` tells of two that clash.
  void take(llvm::StringRef location, uint64_t offset, uint64_t length,
            llvm::StringRef tensor);
  std::optional<std::string> findOverlap();

private:
  mlir::FailureOr<std::string> locate(llvm::StringRef location,
                                      std::string &reason);
  struct Range {
    uint64_t offset, length;
    std::string tensor;
  };
  std::string folder, realModelFolder;
  std::vector<std::string> dataFolders;
  llvm::StringMap<uint64_t> sizes;
  llvm::StringMap<std::vector<Range>> ranges;
};

/// The tokens of an imported model: places in its own bytes.
class ModelBytes final : public TokenBytes {
public:
  explicit ModelBytes(llvm::StringRef bytes) : bytes(bytes) {}
  bool holds(const Token &token) const override {
    return token.offset <= bytes.size() &&
           token.length <= bytes.size() - token.offset;
  }
  void write(const Token &token, llvm::raw_ostream &os) const override {
    os << bytes.substr(token.offset, token.length);
  }

private:
  llvm::StringRef bytes;
};

/// State of one import.
struct ImportContext {
  ImportContext(mlir::MLIRContext *context, llvm::StringRef bytes,
                std::string displayName, std::string fileName,
                weights::WeightStore &store, ExternalFiles external)
      : context(context), bytes(bytes), displayName(std::move(displayName)),
        fileName(std::move(fileName)), store(store),
        external(std::move(external)) {}

  mlir::MLIRContext *context;
  /// The serialized model; tokens of the skeleton point into it.
  llvm::StringRef bytes;
  /// The model as the user named it, for messages.
  std::string displayName;
  /// The file's name in `#onnx.weight`; empty for a model from a pipe, whose
  /// weights become new weights.
  std::string fileName;
  weights::WeightStore &store;
  ExternalFiles external;
  /// Embedded tensors of at most this many elements are written into the IR.
  uint64_t inlineElements = 16;

  /// Long texts, kept behind the graphs in an onnx.metadata op.
  std::vector<mlir::Attribute> metadata;
  llvm::DenseMap<mlir::Attribute, int64_t> metadataNumbers;
  /// `text` itself, or the number of its entry if it is long.
  mlir::Attribute internMetadata(mlir::Attribute text);

  /// `model.onnx:/node/path`, where diagnostics about a node point.
  mlir::Location locationOf(llvm::StringRef node) {
    std::string text = displayName;
    if (!node.empty())
      text += ":" + node.str();
    return mlir::FileLineColLoc::get(context, text, 0, 0);
  }
  /// A message of the skeleton as it was, weights included.
  OpaqueMessageAttr opaque(llvm::StringRef skeleton, Message kind) {
    std::string whole = expand(skeleton, kind, ModelBytes(bytes));
    return OpaqueMessageAttr::get(context,
                                  mlir::StringAttr::get(context, whole));
  }
  mlir::LogicalResult error(llvm::StringRef node, const llvm::Twine &message) {
    mlir::emitError(locationOf(node)) << message;
    return mlir::failure();
  }
};

/// A TensorProto as elements, as `#onnx.tensor` where it says more, or as
/// `#onnx.opaque`. `withName` keeps the tensor's name (initializers keep it
/// themselves). Errors name `node` and the tensor.
mlir::FailureOr<mlir::Attribute>
decodeTensor(ImportContext &import, const ::onnx::TensorProto &message,
             llvm::StringRef node, bool withName);
mlir::FailureOr<mlir::Attribute>
decodeSparseTensor(ImportContext &import,
                   const ::onnx::SparseTensorProto &message,
                   llvm::StringRef node, bool withName);

/// An AttributeProto that holds no graph.
mlir::FailureOr<mlir::Attribute>
decodeAttribute(ImportContext &import, const ::onnx::AttributeProto &message,
                llvm::StringRef node);

} // namespace slin::onnx

#endif // SLIN_LIB_TARGET_ONNX_IMPORTCONTEXT_H
