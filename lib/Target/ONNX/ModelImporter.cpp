//===- ModelImporter.cpp - ModelProto to a module -------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The file is mapped, scanned, and only its skeleton is parsed: what an import
// costs does not depend on what the weights weigh.
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "ImportContext.h"
#include "SideInformation.h"
#include "WireFormat.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Target/ONNX/ONNXFiles.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <sys/mman.h>
#include <unistd.h>

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

namespace {
/// Builds the module of one model.
class ModelImporter {
public:
  explicit ModelImporter(ImportContext &import)
      : import(import), context(import.context), builder(import.context) {}

  OwningOpRef<ModuleOp> importModel(const ::onnx::ModelProto &model);

private:
  LogicalResult importGraph(const ::onnx::GraphProto &graph,
                            StringRef fallbackName, StringRef attributeName,
                            NamedAttrList extra);
  LogicalResult importFunction(const ::onnx::FunctionProto &function);
  LogicalResult importTraining(const ::onnx::ModelProto &model);
  func::FuncOp addFunction(StringRef name, Block *body, ValueRange results);
  void describeModel(const ::onnx::ModelProto &model);

  ImportContext &import;
  MLIRContext *context;
  OpBuilder builder;
  ModuleOp module;
  llvm::StringSet<> symbols;
};
} // namespace

/// Adds a function that takes over `body`; its name is made unique.
func::FuncOp ModelImporter::addFunction(StringRef name, Block *body,
                                        ValueRange results) {
  std::string unique = name.empty() ? "graph" : name.str();
  for (unsigned count = 1; !symbols.insert(unique).second; ++count)
    unique = (name + "_" + Twine(count)).str();
  auto type =
      builder.getFunctionType(body->getArgumentTypes(), results.getTypes());
  auto function =
      func::FuncOp::create(builder, import.locationOf(""), unique, type);
  function.getBody().push_back(body);
  OpBuilder atEnd = OpBuilder::atBlockEnd(body);
  func::ReturnOp::create(atEnd, import.locationOf(""), results);
  return function;
}

LogicalResult ModelImporter::importGraph(const ::onnx::GraphProto &graph,
                                         StringRef fallbackName,
                                         StringRef attributeName,
                                         NamedAttrList extra) {
  auto body = std::make_unique<Block>();
  SmallVector<Value> results;
  GraphImporter::Description description;
  if (failed(GraphImporter(import).importGraph(graph, body.get(), results,
                                               description)))
    return failure();
  StringRef name =
      graph.name().empty() ? fallbackName : StringRef(graph.name());
  func::FuncOp function = addFunction(name, body.release(), results);
  for (auto [index, attributes] : llvm::enumerate(description.inputs))
    function.setArgAttrs(index, cast<DictionaryAttr>(attributes));
  for (auto [index, attributes] : llvm::enumerate(description.outputs))
    function.setResultAttrs(index, cast<DictionaryAttr>(attributes));
  extra.append(NamedAttrList(description.graph));
  function->setAttr(attributeName, extra.getDictionary(context));
  return success();
}

LogicalResult ModelImporter::importFunction(const ::onnx::FunctionProto &m) {
  auto body = std::make_unique<Block>();
  SmallVector<Value> results;
  NamedAttrList description;
  if (failed(GraphImporter(import).importFunction(m, body.get(), results,
                                                  description)))
    return failure();
  std::string symbol = m.domain() + "::" + m.name() +
                       (m.overload().empty() ? "" : ":" + m.overload());
  func::FuncOp function = addFunction(symbol, body.release(), results);
  for (auto [index, input] : llvm::enumerate(m.input()))
    function.setArgAttr(index, names::kName, builder.getStringAttr(input));
  for (auto [index, output] : llvm::enumerate(m.output()))
    function.setResultAttr(index, names::kName, builder.getStringAttr(output));
  addString(description, "name", m.has_name(), m.name(), context);
  addString(description, "domain", m.has_domain(), m.domain(), context);
  addString(description, "overload", m.has_overload(), m.overload(), context);
  addString(description, "doc_string", m.has_doc_string(), m.doc_string(),
            context);
  if (!m.attribute().empty()) {
    SmallVector<StringRef> attributes(m.attribute().begin(),
                                      m.attribute().end());
    description.set("attributes", builder.getStrArrayAttr(attributes));
  }
  if (!m.attribute_proto().empty()) {
    // In order, as name and value.
    SmallVector<Attribute> defaults;
    for (const auto &attribute : m.attribute_proto()) {
      FailureOr<Attribute> value = decodeAttribute(import, attribute, m.name());
      if (failed(value))
        return failure();
      defaults.push_back(builder.getArrayAttr(
          {builder.getStringAttr(attribute.name()), *value}));
    }
    description.set("attribute_defaults", builder.getArrayAttr(defaults));
  }
  if (!m.metadata_props().empty())
    description.set("metadata_props",
                    decodeEntries(context, m.metadata_props()));
  addUnknown(description, m.unknown_fields(), context);
  function->setAttr(names::kFunction, description.getDictionary(context));
  function->setAttr(names::kOpsets, decodeOpsets(context, m.opset_import()));
  return success();
}

LogicalResult ModelImporter::importTraining(const ::onnx::ModelProto &model) {
  for (int64_t index = 0; index < model.training_info_size(); ++index) {
    const ::onnx::TrainingInfoProto &training = model.training_info(index);
    auto importPart = [&](const ::onnx::GraphProto &graph, bool present,
                          StringRef part,
                          const Entries &bindings) -> LogicalResult {
      NamedAttrList extra;
      extra.set("index", builder.getI64IntegerAttr(index));
      extra.set("part", builder.getStringAttr(part));
      extra.set("bindings", decodeEntries(context, bindings));
      if (!present)
        extra.set("absent", builder.getUnitAttr());
      addUnknown(extra, training.unknown_fields(), context);
      return importGraph(graph, ("training_" + Twine(index) + "_" + part).str(),
                         names::kTraining, extra);
    };
    if (failed(importPart(training.initialization(),
                          training.has_initialization(), "initialization",
                          training.initialization_binding())) ||
        failed(importPart(training.algorithm(), training.has_algorithm(),
                          "algorithm", training.update_binding())))
      return failure();
  }
  return success();
}

void ModelImporter::describeModel(const ::onnx::ModelProto &m) {
  NamedAttrList info;
  auto addInteger = [&](StringRef name, bool present, int64_t value) {
    if (present)
      info.set(name, builder.getI64IntegerAttr(value));
  };
  addInteger("ir_version", m.has_ir_version(), m.ir_version());
  addInteger("model_version", m.has_model_version(), m.model_version());
  addString(info, "producer_name", m.has_producer_name(), m.producer_name(),
            context);
  addString(info, "producer_version", m.has_producer_version(),
            m.producer_version(), context);
  addString(info, "domain", m.has_domain(), m.domain(), context);
  addString(info, "doc_string", m.has_doc_string(), m.doc_string(), context);
  if (!m.metadata_props().empty())
    info.set("metadata_props", decodeEntries(context, m.metadata_props()));
  if (!m.configuration().empty())
    info.set("configuration", decodeDevices(context, m.configuration()));
  if (!import.fileName.empty())
    info.set("file", builder.getStringAttr(import.fileName));
  addUnknown(info, m.unknown_fields(), context);
  module->setAttr(names::kModel, info.getDictionary(context));
  module->setAttr(names::kOpsets, decodeOpsets(context, m.opset_import()));
}

OwningOpRef<ModuleOp>
ModelImporter::importModel(const ::onnx::ModelProto &model) {
  module = ModuleOp::create(import.locationOf(""));
  OwningOpRef<ModuleOp> owner(module);
  builder.setInsertionPointToEnd(module.getBody());
  describeModel(model);
  if (!model.has_graph()) {
    (void)import.error("", "the model has no graph");
    return nullptr;
  }
  if (failed(importGraph(model.graph(), "main", names::kGraph, {})))
    return nullptr;
  for (const auto &function : model.functions())
    if (failed(importFunction(function)))
      return nullptr;
  if (failed(importTraining(model)))
    return nullptr;
  if (!import.metadata.empty()) {
    builder.setInsertionPointToEnd(module.getBody());
    MetadataOp::create(builder, import.locationOf(""),
                       builder.getArrayAttr(import.metadata));
  }
  if (auto overlap = import.external.findOverlap()) {
    (void)import.error("", *overlap);
    return nullptr;
  }
  return owner;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

namespace {
/// Gives back the pages of a mapped file that the scan has passed: the system
/// maps large pieces around each byte that is looked at, and the import would
/// seem to need as much memory as the file has bytes.
class PageReleaser {
public:
  PageReleaser(StringRef bytes, bool isMapped)
      : bytes(bytes), isMapped(isMapped), page(sysconf(_SC_PAGESIZE)) {}
  void passed(const char *position) {
    constexpr uint64_t kEvery = 16 << 20;
    uint64_t reached = uint64_t(position - bytes.data()) / page * page;
    if (!isMapped || reached < released + kEvery)
      return;
    madvise(const_cast<char *>(bytes.data()) + released, reached - released,
            MADV_DONTNEED);
    released = reached;
  }

private:
  StringRef bytes;
  bool isMapped;
  uint64_t page, released = 0;
};
} // namespace

static OwningOpRef<ModuleOp> importFrom(ImportContext &import) {
  std::string reason;
  if (import.bytes.empty()) {
    (void)import.error("", "not an ONNX model: the file is empty");
    return nullptr;
  }
  StringRef bytes = import.bytes;
  // A small file is read into memory rather than mapped; large ones begin at
  // a page.
  bool isMapped = !import.fileName.empty() && bytes.size() > (64 << 20) &&
                  reinterpret_cast<uintptr_t>(bytes.data()) % 4096 == 0;
  PageReleaser pages(bytes, isMapped);
  auto tokenOf = [&](StringRef content) {
    pages.passed(content.data());
    return Token{uint64_t(content.data() - bytes.data()), content.size()};
  };
  FailureOr<std::string> skeleton =
      makeSkeleton(bytes, Message::Model, tokenOf, reason);
  if (failed(skeleton)) {
    (void)import.error("", reason);
    return nullptr;
  }
  ::onnx::ModelProto model;
  if (!model.ParsePartialFromString(*skeleton)) {
    (void)import.error("",
                       "not an ONNX model: protobuf cannot parse the message");
    return nullptr;
  }
  skeleton = std::string();
  return ModelImporter(import).importModel(model);
}

static ONNXDialect &load(MLIRContext *context) {
  context->getOrLoadDialect<func::FuncDialect>();
  return *context->getOrLoadDialect<ONNXDialect>();
}

OwningOpRef<ModuleOp> slin::onnx::importFile(StringRef path,
                                             MLIRContext *context,
                                             const ImportOptions &options) {
  ONNXDialect &dialect = load(context);
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (std::error_code code = buffer.getError()) {
    emitError(FileLineColLoc::get(context, path, 0, 0))
        << "cannot read '" << path << "': " << code.message();
    return nullptr;
  }
  std::string folder = llvm::sys::path::parent_path(path).str();
  SmallString<256> real;
  (void)llvm::sys::fs::real_path(path, real);
  weights::WeightStore &store = dialect.getWeightStore();
  store.addFolder(folder);
  for (const std::string &data : options.dataFolders)
    store.addFolder(data);
  ImportContext import(context, (*buffer)->getBuffer(), path.str(),
                       llvm::sys::path::filename(path).str(), store,
                       ExternalFiles(folder,
                                     llvm::sys::path::parent_path(real).str(),
                                     options.dataFolders));
  OwningOpRef<ModuleOp> module = importFrom(import);
  if (module)
    (*module)->setAttr(names::kBase,
                       StringAttr::get(context, folder.empty() ? "." : folder));
  return module;
}

OwningOpRef<ModuleOp> slin::onnx::importBytes(StringRef bytes,
                                              StringRef displayName,
                                              MLIRContext *context,
                                              const ImportOptions &options) {
  ONNXDialect &dialect = load(context);
  for (const std::string &data : options.dataFolders)
    dialect.getWeightStore().addFolder(data);
  ImportContext import(context, bytes, displayName.str(), "",
                       dialect.getWeightStore(),
                       ExternalFiles("", "", options.dataFolders));
  return importFrom(import);
}

bool slin::onnx::looksLikeModel(StringRef bytes) {
  // A ModelProto begins with one of its fields' keys; the usual first one is
  // ir_version (0x08). MLIR text is printable, bytecode begins with "ML\xefR".
  if (bytes.empty() || bytes.starts_with("ML\xefR"))
    return false;
  return llvm::is_contained(
             {0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72},
             uint8_t(bytes[0])) &&
         llvm::any_of(bytes.take_front(64), [](char c) {
           return uint8_t(c) < 0x20 && c != '\n' && c != '\t' && c != '\r';
         });
}
