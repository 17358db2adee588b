//===- ExportContext.h - One export under way -------------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What every part of the export needs: where weights go, and how to say what
// cannot be written. Weights are collected as references and only read while
// the file is written.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ONNX_EXPORTCONTEXT_H
#define SLIN_LIB_TARGET_ONNX_EXPORTCONTEXT_H

#include "WireFormat.h"

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringSet.h"

#include "onnx-ml.pb.h"

namespace slin::onnx {

/// State of one export.
struct ExportContext {
  explicit ExportContext(mlir::Location location) : location(location) {}
  mlir::Location location;
  /// Folder of the model's own files.
  std::string base;
  /// Name of the file that embedded weights of the model lie in.
  std::string modelFile;
  /// The original external files may be named again: nothing was rewritten and
  /// the output stands beside them.
  bool keepExternal = false;
  /// The folder that is written to; empty for a stream.
  std::string outputFolder;
  /// Whether `file` stands in the folder that is written to, so that the model
  /// may go on naming it.
  bool standsBeside(llvm::StringRef file);
  /// The side file that tensors with external data go to.
  std::string sideFile;
  /// Puts every tensor of some size into the side file.
  bool allExternal = false;

  /// The entries of the module's onnx.metadata op.
  mlir::ArrayAttr metadata;
  /// A text of a node, which may be the number of an entry; null if it is gone.
  mlir::Attribute resolveMetadata(mlir::Attribute text) {
    auto number = mlir::dyn_cast_or_null<mlir::IntegerAttr>(text);
    if (!number)
      return text;
    bool known = metadata && number.getInt() >= 0 &&
                 number.getInt() < int64_t(metadata.size());
    return known ? metadata[number.getInt()] : mlir::Attribute();
  }

  /// What tokens of the skeleton stand for, and the parts of the side file: a
  /// tensor, of which the bytes are loaded when they are written, or, without
  /// one, bytes that live as long as the module.
  struct Piece {
    mlir::ElementsAttr elements;
    llvm::ArrayRef<char> bytes;
    uint64_t length;
    std::string what;
  };
  std::vector<Piece> embedded;
  struct SidePiece : Piece {
    uint64_t offset = 0;
  };
  std::vector<SidePiece> side;
  uint64_t sideSize = 0;
  /// Where each weight lies in the side file, so that tied ones are written
  /// once.
  llvm::DenseMap<mlir::Attribute, uint64_t> sideOffsets;

  mlir::LogicalResult error(const llvm::Twine &message) {
    mlir::emitError(location) << message;
    return mlir::failure();
  }

  /// Writes the bytes of a piece. What kept it from doing so goes to `reason`,
  /// and nothing is written once there is one.
  void write(const Piece &piece, llvm::raw_ostream &os,
             std::string &reason) const;

  mlir::LogicalResult encodeTensor(mlir::Attribute attribute,
                                   ::onnx::TensorProto &message,
                                   const llvm::Twine &what);
  mlir::LogicalResult encodeSparseTensor(mlir::Attribute attribute,
                                         ::onnx::SparseTensorProto &message,
                                         const llvm::Twine &what);
  /// An attribute that holds no graph.
  mlir::LogicalResult encodeAttribute(mlir::Attribute attribute,
                                      ::onnx::AttributeProto &message,
                                      const llvm::Twine &what);

  /// A message kept as bytes, with its weights taken out again.
  template <typename MessageT>
  mlir::LogicalResult parseOpaque(OpaqueMessageAttr opaque, Message kind,
                                  MessageT &message, const llvm::Twine &what) {
    std::string reason;
    auto skeleton = makeSkeleton(
        opaque.getBytes().getValue(), kind,
        [this](llvm::StringRef bytes) {
          llvm::ArrayRef<char> content(bytes.data(), bytes.size());
          embedded.push_back({nullptr, content, content.size(), ""});
          return Token{embedded.size() - 1, bytes.size()};
        },
        reason);
    if (mlir::failed(skeleton) || !message.ParsePartialFromString(*skeleton))
      return error(what + ": its #onnx.opaque holds no message" +
                   (reason.empty() ? "" : ": ") + reason);
    return mlir::success();
  }

private:
  llvm::StringMap<bool> filesBeside;
  /// Elements as raw_data or as external data.
  mlir::LogicalResult encodeBytes(mlir::ElementsAttr elements,
                                  mlir::DictionaryAttr details,
                                  ::onnx::TensorProto &message,
                                  const llvm::Twine &what);
};

} // namespace slin::onnx

#endif // SLIN_LIB_TARGET_ONNX_EXPORTCONTEXT_H
