//===- MeasuredSchedules.cpp - Times that a tuner measured ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// {"target": "sm_90a", "card": "…", "measured": [{"kernel": "3072x768_gelu",
//  "type": "bf16", "tokens": 512, "schedule": "#slingpu.schedule<…>",
//  "seconds": 1.1e-05}, …]}
//
//===----------------------------------------------------------------------===//

#include "MeasuredSchedules.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace slin::slingpu;
namespace json = llvm::json;

std::string MeasuredSchedules::getKey(StringRef kernel, StringRef type,
                                      int64_t tokens) {
  return llvm::formatv("{0} {1} {2}", kernel, type, tokens);
}

/// The attribute that `text` is; null where it is none.
static ScheduleAttr parseSchedule(StringRef text, MLIRContext *context) {
  // The row says what is wrong, with the path.
  ScopedDiagnosticHandler quiet(context,
                                [](Diagnostic &) { return success(); });
  return dyn_cast_or_null<ScheduleAttr>(parseAttribute(text, context));
}

static FailureOr<json::Value> parseFile(StringRef path, std::string &reason) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer) {
    reason = llvm::formatv("cannot read the table '{0}': {1}", path,
                           buffer.getError().message());
    return failure();
  }
  auto value = json::parse((*buffer)->getBuffer());
  if (value)
    return std::move(*value);
  reason = llvm::formatv("{0}: expected JSON: {1}", path,
                         llvm::toString(value.takeError()));
  return failure();
}

FailureOr<MeasuredSchedules> MeasuredSchedules::read(StringRef path,
                                                     StringRef target,
                                                     MLIRContext *context,
                                                     std::string &reason) {
  FailureOr<json::Value> value = parseFile(path, reason);
  if (failed(value))
    return failure();
  const json::Object *root = value->getAsObject();
  const json::Array *measured = root ? root->getArray("measured") : nullptr;
  if (!measured) {
    reason = llvm::formatv(
        "{0}: expected an object with 'target' and 'measured'", path);
    return failure();
  }
  StringRef found = root->getString("target").value_or("none");
  if (found != target) {
    reason = llvm::formatv("{0}: expected a table of target '{1}', found '{2}'",
                           path, target, found);
    return failure();
  }
  MeasuredSchedules table;
  for (auto [index, entry] : llvm::enumerate(*measured)) {
    const json::Object *row = entry.getAsObject();
    auto kernel = row ? row->getString("kernel") : std::nullopt;
    auto type = row ? row->getString("type") : std::nullopt;
    auto tokens = row ? row->getInteger("tokens") : std::nullopt;
    auto seconds = row ? row->getNumber("seconds") : std::nullopt;
    auto text = row ? row->getString("schedule") : std::nullopt;
    ScheduleAttr schedule = text ? parseSchedule(*text, context) : nullptr;
    if (!kernel || !type || !tokens || !seconds || !schedule ||
        !(*seconds > 0)) {
      reason = llvm::formatv("{0}: expected kernel, type, tokens, a schedule "
                             "and seconds above 0 in "
                             "row {1}, found {2}",
                             path, index, entry);
      return failure();
    }
    table.rows[getKey(*kernel, *type, *tokens)].push_back({schedule, *seconds});
  }
  return table;
}

ArrayRef<MeasuredSchedule> MeasuredSchedules::find(ScheduledOpInterface op,
                                                   int64_t tokens) const {
  std::string type;
  llvm::raw_string_ostream(type) << op.getElementType();
  auto it = rows.find(getKey(op.getKernelName(), type, tokens));
  return it == rows.end() ? ArrayRef<MeasuredSchedule>()
                          : ArrayRef<MeasuredSchedule>(it->second);
}
