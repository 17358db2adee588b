//===- ModelExporter.cpp - A module to a ModelProto -----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds a skeleton whose weights are tokens, decides where the weights go, and
// streams them out one after the other. Files appear under their names only
// when all of them are complete.
//
//===----------------------------------------------------------------------===//

#include "GraphExporter.h"
#include "SideInformation.h"
#include "WireFormat.h"

#include "slin/Target/ONNX/ONNXFiles.h"
#include "slin/Weights/PendingFile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace slin;
using namespace slin::onnx;
namespace fs = llvm::sys::fs;

/// What one protobuf message may hold.
static constexpr uint64_t kLargestMessage = (uint64_t(1) << 31) - 1;
/// Smaller tensors stay in the message when new external data is made.
static constexpr uint64_t kSmallestExternal = 1024;
/// Offsets in a side file, so that a runtime can map it.
static constexpr uint64_t kAlignment = 64;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

static void addExternal(::onnx::TensorProto &message, StringRef key,
                        const Twine &value) {
  auto *entry = message.add_external_data();
  entry->set_key(key.str());
  entry->set_value(value.str());
}

static bool sameFolder(StringRef a, StringRef b) {
  SmallString<256> realA, realB;
  return !fs::real_path(a.empty() ? "." : a, realA) &&
         !fs::real_path(b.empty() ? "." : b, realB) && realA == realB;
}

bool ExportContext::standsBeside(StringRef file) {
  if (outputFolder.empty())
    return true;
  auto [it, inserted] = filesBeside.try_emplace(file, false);
  if (inserted) {
    auto *dialect = location.getContext()->getLoadedDialect<ONNXDialect>();
    SmallString<256> expected(outputFolder);
    llvm::sys::path::append(expected, file);
    auto found = dialect->getWeightStore().find(base, file);
    it->second = found && sameFolder(llvm::sys::path::parent_path(*found),
                                     llvm::sys::path::parent_path(expected));
  }
  return it->second;
}

LogicalResult ExportContext::encodeBytes(ElementsAttr elements,
                                         DictionaryAttr details,
                                         ::onnx::TensorProto &message,
                                         const Twine &what) {
  auto weight = dyn_cast<WeightAttr>(elements);
  bool isNew = weight && weights::WeightStore::isNew(weight.getFile());
  bool wasExternal = weight && !isNew && weight.getFile() != modelFile;
  // Also of a file that is only named again: it may be gone or cut since.
  std::string reason;
  if (weight && failed(weights::loadElements(elements, base, reason)))
    return error(what + ": " + reason);
  if (wasExternal && keepExternal && standsBeside(weight.getFile())) {
    message.set_data_location(::onnx::TensorProto::EXTERNAL);
    if (Attribute spelling =
            details ? details.get("external_data") : Attribute()) {
      encodeEntries(spelling, *message.mutable_external_data());
    } else {
      addExternal(message, "location", weight.getFile().getValue());
      addExternal(message, "offset", Twine(weight.getOffset()));
      addExternal(message, "length", Twine(weight.getLength()));
    }
    return success();
  }
  if (!isa<WeightAttr>(elements) &&
      failed(weights::checkMakeable(elements.getShapedType(), reason)))
    return error(what + ": " + reason);
  uint64_t length =
      weights::bytesOf(elements.getElementType(), elements.getNumElements());
  Piece piece{elements, {}, length, what.str()};
  bool toSide =
      !sideFile.empty() &&
      (wasExternal || ((allExternal || isNew) && length >= kSmallestExternal));
  if (!toSide) {
    embedded.push_back(std::move(piece));
    message.set_raw_data(Token{embedded.size() - 1, length}.encode());
    return success();
  }
  auto [it, inserted] = sideOffsets.try_emplace(elements, sideSize);
  if (inserted) {
    uint64_t offset = llvm::alignTo(sideSize, kAlignment);
    it->second = offset;
    side.push_back({std::move(piece), offset});
    sideSize = offset + length;
  }
  message.set_data_location(::onnx::TensorProto::EXTERNAL);
  addExternal(message, "location", sideFile);
  addExternal(message, "offset", Twine(it->second));
  addExternal(message, "length", Twine(length));
  return success();
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

static SmallVector<Attribute> argumentAttributes(func::FuncOp function,
                                                 bool results) {
  SmallVector<Attribute> attributes;
  unsigned count =
      results ? function.getNumResults() : function.getNumArguments();
  for (unsigned i = 0; i < count; ++i) {
    DictionaryAttr dictionary =
        results ? function.getResultAttrDict(i) : function.getArgAttrDict(i);
    attributes.push_back(
        dictionary ? dictionary : DictionaryAttr::get(function.getContext()));
  }
  return attributes;
}

static void describeModel(ModuleOp module, ::onnx::ModelProto &m) {
  auto info = module->getAttrOfType<DictionaryAttr>(names::kModel);
  encodeOpsets(module->getAttrOfType<ArrayAttr>(names::kOpsets),
               *m.mutable_opset_import());
  if (!info) {
    m.set_ir_version(8);
    return;
  }
  if (auto value = info.getAs<IntegerAttr>("ir_version"))
    m.set_ir_version(value.getInt());
  if (auto value = info.getAs<IntegerAttr>("model_version"))
    m.set_model_version(value.getInt());
  if (auto value = info.getAs<StringAttr>("producer_name"))
    m.set_producer_name(value.str());
  if (auto value = info.getAs<StringAttr>("producer_version"))
    m.set_producer_version(value.str());
  if (auto value = info.getAs<StringAttr>("domain"))
    m.set_domain(value.str());
  if (auto value = info.getAs<StringAttr>("doc_string"))
    m.set_doc_string(value.str());
  encodeEntries(info.get("metadata_props"), *m.mutable_metadata_props());
  encodeDevices(info.getAs<ArrayAttr>("configuration"),
                *m.mutable_configuration());
  encodeUnknown(info, m.mutable_unknown_fields());
}

/// Writes a part of the training information.
static LogicalResult exportTraining(ExportContext &context,
                                    func::FuncOp function, DictionaryAttr info,
                                    ::onnx::ModelProto &model) {
  auto index = info.getAs<IntegerAttr>("index");
  auto part = info.getAs<StringAttr>("part");
  if (!index || !part || index.getInt() < 0 ||
      index.getInt() > model.training_info_size())
    return emitError(function.getLoc())
           << "'onnx.training' must have a part and an index in order, found "
           << info;
  if (index.getInt() == model.training_info_size())
    encodeUnknown(info, model.add_training_info()->mutable_unknown_fields());
  auto *training = model.mutable_training_info(index.getInt());
  bool isAlgorithm = part.getValue() == "algorithm";
  encodeEntries(info.get("bindings"),
                isAlgorithm ? *training->mutable_update_binding()
                            : *training->mutable_initialization_binding());
  if (info.get("absent"))
    return success();
  // The unknown fields are the training information's, not the graph's.
  NamedAttrList graphInfo(info);
  graphInfo.erase("unknown_fields");
  return GraphExporter(context).exportGraph(
      function.getBody().front(), argumentAttributes(function, false),
      argumentAttributes(function, true),
      graphInfo.getDictionary(function.getContext()),
      isAlgorithm ? *training->mutable_algorithm()
                  : *training->mutable_initialization());
}

static LogicalResult buildModel(ModuleOp module, ExportContext &context,
                                ::onnx::ModelProto &model) {
  describeModel(module, model);
  bool hasGraph = false;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    Block &body = function.getBody().front();
    auto inputs = argumentAttributes(function, false),
         outputs = argumentAttributes(function, true);
    if (auto info = function->getAttrOfType<DictionaryAttr>(names::kGraph)) {
      if (hasGraph)
        return emitError(function.getLoc()) << "'" << function.getName()
                                            << "' is a second graph: expected "
                                               "one function with 'onnx.graph'";
      hasGraph = true;
      if (failed(GraphExporter(context).exportGraph(body, inputs, outputs, info,
                                                    *model.mutable_graph())))
        return failure();
    } else if (auto info =
                   function->getAttrOfType<DictionaryAttr>(names::kFunction)) {
      auto *message = model.add_functions();
      encodeOpsets(function->getAttrOfType<ArrayAttr>(names::kOpsets),
                   *message->mutable_opset_import());
      if (failed(GraphExporter(context).exportFunction(body, inputs, outputs,
                                                       info, *message)))
        return failure();
    } else if (auto info =
                   function->getAttrOfType<DictionaryAttr>(names::kTraining)) {
      if (failed(exportTraining(context, function, info, model)))
        return failure();
    }
  }
  if (!hasGraph)
    return emitError(module.getLoc())
           << "the module cannot be written as ONNX: expected one "
              "function with 'onnx.graph', found none";
  return success();
}

static ExportContext makeContext(ModuleOp module) {
  ExportContext context(module.getLoc());
  if (auto base = module->getAttrOfType<StringAttr>(names::kBase))
    context.base = base.str();
  for (auto table : module.getOps<MetadataOp>())
    context.metadata = table.getEntries();
  if (auto info = module->getAttrOfType<DictionaryAttr>(names::kModel))
    if (auto file = info.getAs<StringAttr>("file"))
      context.modelFile = file.str();
  return context;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

void ExportContext::write(const Piece &piece, llvm::raw_ostream &os,
                          std::string &reason) const {
  if (!reason.empty())
    return;
  if (!piece.elements) {
    os.write(piece.bytes.data(), piece.bytes.size());
    return;
  }
  auto loaded = weights::loadElements(piece.elements, base, reason);
  if (failed(loaded))
    reason = piece.what + ": " + reason;
  else
    os.write(loaded->bytes.data(), loaded->bytes.size());
}

namespace {
/// The tokens of a model that is written: numbers of its embedded pieces.
class EmbeddedPieces final : public TokenBytes {
public:
  EmbeddedPieces(const ExportContext &context, std::string &reason)
      : context(context), reason(reason) {}
  bool holds(const Token &token) const override {
    return token.offset < context.embedded.size() &&
           token.length == context.embedded[token.offset].length;
  }
  void write(const Token &token, llvm::raw_ostream &os) const override {
    context.write(context.embedded[token.offset], os, reason);
  }

private:
  const ExportContext &context;
  std::string &reason;
};
} // namespace

static void writeSide(const ExportContext &context, llvm::raw_ostream &os,
                      std::string &reason) {
  uint64_t start = os.tell();
  for (const ExportContext::SidePiece &piece : context.side) {
    os.write_zeros(start + piece.offset - os.tell());
    context.write(piece, os, reason);
    if (!reason.empty())
      return;
  }
}

/// Whether the module changed in a way that makes the old weight files wrong.
static bool isRewritten(ModuleOp module) {
  if (module->hasAttr(names::kRewritten))
    return true;
  WalkResult result = module.walk([](InitializerOp op) {
    auto weight = dyn_cast_or_null<WeightAttr>(op.getWeight());
    return weight && weights::WeightStore::isNew(weight.getFile())
               ? WalkResult::interrupt()
               : WalkResult::advance();
  });
  return result.wasInterrupted();
}

static bool hasExternal(ModuleOp module, StringRef modelFile) {
  return module
      .walk([&](InitializerOp op) {
        auto weight = dyn_cast_or_null<WeightAttr>(op.getWeight());
        bool external = weight &&
                        !weights::WeightStore::isNew(weight.getFile()) &&
                        weight.getFile() != modelFile;
        return external ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Builds the skeleton; once more with everything external if it is too large.
static FailureOr<std::string> buildSkeleton(ModuleOp module,
                                            ExportContext &context,
                                            bool mayGoExternal,
                                            StringRef sideFile) {
  ::onnx::ModelProto model;
  if (failed(buildModel(module, context, model)))
    return failure();
  std::string skeleton = model.SerializePartialAsString(), ignored;
  uint64_t size = sizeOfModel(skeleton, EmbeddedPieces(context, ignored));
  if (size <= kLargestMessage)
    return skeleton;
  if (!mayGoExternal || context.allExternal)
    return context.error(
        "the model does not fit into one message of 2 GB: expected at most " +
        Twine(kLargestMessage) + " bytes, found " + Twine(size) +
        "; write it to a file, with external data");
  ExportContext again = makeContext(module);
  again.keepExternal = context.keepExternal;
  again.outputFolder = context.outputFolder;
  again.sideFile = sideFile.str();
  again.allExternal = true;
  context = std::move(again);
  return buildSkeleton(module, context, false, sideFile);
}

LogicalResult slin::onnx::exportFile(ModuleOp module, StringRef path,
                                     const ExportOptions &options) {
  using ExternalData = ExportOptions::ExternalData;
  std::string sideFile = (llvm::sys::path::filename(path) + ".data").str();
  std::string reason;
  ExportContext context = makeContext(module);
  if (weights::PendingFile::isDevice(path)) {
    LogicalResult written = failure();
    auto write = [&](llvm::raw_ostream &os) {
      written = exportStream(module, os, options);
    };
    if (failed(weights::PendingFile(path).fill(write, reason)))
      return context.error(reason);
    return written;
  }
  context.keepExternal =
      !isRewritten(module) && options.externalData == ExternalData::Automatic;
  StringRef folder = llvm::sys::path::parent_path(path);
  context.outputFolder = folder.empty() ? "." : folder.str();
  context.allExternal = options.externalData == ExternalData::Always;
  bool external =
      context.allExternal || (options.externalData == ExternalData::Automatic &&
                              hasExternal(module, context.modelFile));
  if (external)
    context.sideFile = sideFile;
  FailureOr<std::string> skeleton = buildSkeleton(
      module, context, options.externalData != ExternalData::Never, sideFile);
  if (failed(skeleton))
    return failure();
  std::string sidePath = (path + ".data").str();
  weights::PendingFile model(path), side(sidePath);
  if (!context.side.empty() &&
      failed(side.fill(
          [&](llvm::raw_ostream &os) { writeSide(context, os, reason); },
          reason)))
    return context.error(reason);
  if (failed(model.fill(
          [&](llvm::raw_ostream &os) {
            writeModel(*skeleton, EmbeddedPieces(context, reason), os);
          },
          reason)))
    return context.error(reason);
  if (!context.side.empty() && failed(side.keep(reason)))
    return context.error(reason);
  return failed(model.keep(reason)) ? context.error(reason) : success();
}

LogicalResult slin::onnx::exportStream(ModuleOp module, llvm::raw_ostream &os,
                                       const ExportOptions &options) {
  ExportContext context = makeContext(module);
  context.keepExternal = options.keepExternal;
  FailureOr<std::string> skeleton = buildSkeleton(module, context, false, "");
  if (failed(skeleton))
    return failure();
  std::string reason;
  writeModel(*skeleton, EmbeddedPieces(context, reason), os);
  return reason.empty() ? success() : context.error(reason);
}
