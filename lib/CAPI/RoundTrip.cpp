//===- RoundTrip.cpp - A model in and out again ---------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The routes by which tests prove that a model that nothing was done to comes
// back as it was. Text and bytecode are read in a context of their own, so that
// nothing but the text can carry the model.
//
//===----------------------------------------------------------------------===//

#include "Session.h"

#include "slin/Dialect/ONNX/IR/ONNXDialect.h"
#include "slin/Target/ONNX/ONNXFiles.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/Parser/Parser.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace slin;
using namespace slin::capi;

static SlinResult *exportModel(Session &session, ModuleOp module) {
  std::string bytes;
  llvm::raw_string_ostream os(bytes);
  onnx::ExportOptions options;
  options.keepExternal = true;
  if (failed(onnx::exportStream(module, os, options)))
    return session.failure();
  return session.success(std::move(bytes));
}

/// Writes the module, drops everything, and reads it again.
static SlinResult *throughText(Session &session, OwningOpRef<ModuleOp> module,
                               bool bytecode) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (!bytecode)
    module->print(os);
  else if (failed(writeBytecodeToFile(*module, os)))
    return session.failure();
  module = nullptr;
  Session second;
  OwningOpRef<ModuleOp> again =
      parseSourceString<ModuleOp>(text, ParserConfig(&second.context));
  return again ? exportModel(second, *again) : second.failure();
}

static SlinResult *throughPasses(Session &session, ModuleOp module,
                                 StringRef pipeline) {
  if (failed(session.run(module, pipeline)))
    return session.failure();
  return exportModel(session, module);
}

extern "C" SlinResult *slinRoundTrip(const char *model, const char *route) {
  enum class Route { Unknown, Direct, Text, Bytecode, Canonicalize, Slin };
  auto kind = llvm::StringSwitch<Route>(route)
                  .Case("direct", Route::Direct)
                  .Case("text", Route::Text)
                  .Case("bytecode", Route::Bytecode)
                  .Case("canonicalize", Route::Canonicalize)
                  .Case("slin", Route::Slin)
                  .Default(Route::Unknown);
  Session session;
  if (kind == Route::Unknown) {
    session.fail(
        SLIN_USAGE_ERROR,
        Twine("unknown route '") + route +
            "': expected direct, text, bytecode, canonicalize or slin");
    return session.failure();
  }
  OwningOpRef<ModuleOp> module = session.import(model, {});
  if (!module)
    return session.failure();
  switch (kind) {
  case Route::Text:
  case Route::Bytecode:
    return throughText(session, std::move(module), kind == Route::Bytecode);
  case Route::Canonicalize:
    return throughPasses(session, *module, "canonicalize,cse");
  case Route::Slin:
    return throughPasses(session, *module,
                         "onnx-to-slin{mlp-like=true},slin-to-onnx");
  default:
    return exportModel(session, *module);
  }
}

extern "C" SlinResult *slinTranslate(const char *text) {
  Session session;
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(text, ParserConfig(&session.context));
  std::string bytes;
  llvm::raw_string_ostream os(bytes);
  if (!module || failed(session.run(*module, "slin-to-onnx")) ||
      failed(onnx::exportStream(*module, os, onnx::ExportOptions())))
    return session.failure();
  return session.success(std::move(bytes));
}

extern "C" SlinResult *slinOpaqueCount(const char *model) {
  Session session;
  OwningOpRef<ModuleOp> module = session.import(model, {});
  if (!module)
    return session.failure();
  uint64_t count = 0;
  AttrTypeWalker walker;
  walker.addWalk([&](onnx::OpaqueMessageAttr) { ++count; });
  walker.addWalk([&](onnx::RawType) { ++count; });
  module->walk([&](Operation *op) {
    walker.walk(op->getAttrDictionary());
    for (Type type : op->getResultTypes())
      walker.walk(type);
  });
  return session.success(std::to_string(count));
}
