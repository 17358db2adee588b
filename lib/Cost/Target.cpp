//===- Target.cpp - What a machine is good for ----------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reading targets. Their JSON is compiled in, so that a binary needs no files
// beside it.
//
//===----------------------------------------------------------------------===//

#include "slin/Cost/Target.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace slin::cost;
namespace json = llvm::json;
using llvm::StringRef;

namespace {
struct Shipped {
  llvm::StringLiteral name;
  llvm::StringLiteral text;
};
const Shipped shipped[] = {
#include "Targets.inc"
};

struct TypeEntry {
  ElementType type;
  llvm::StringLiteral name;
  unsigned bytes;
};
const TypeEntry types[] = {{ElementType::F16, "f16", 2},
                           {ElementType::BF16, "bf16", 2},
                           {ElementType::F32, "f32", 4},
                           {ElementType::F64, "f64", 8}};
} // namespace

static const TypeEntry &entryOf(ElementType type) {
  return *llvm::find_if(
      types, [&](const TypeEntry &entry) { return entry.type == type; });
}

StringRef slin::cost::nameOf(ElementType type) { return entryOf(type).name; }

unsigned slin::cost::bytesOf(ElementType type) { return entryOf(type).bytes; }

namespace {
/// Reads one object of constants and keeps the first complaint.
class ConstantReader {
public:
  ConstantReader(const json::Object &constants, StringRef source)
      : constants(constants), source(source) {}

  std::optional<double> read(StringRef key, StringRef unit, bool isNeeded) {
    known.push_back(key.str());
    const json::Value *value = constants.get(key);
    if (!value) {
      if (isNeeded)
        fail("expected a constant '" + key + "', found none");
      return std::nullopt;
    }
    const json::Object *entry = value->getAsObject();
    std::optional<double> number =
        entry ? entry->getNumber("value") : std::nullopt;
    if (!number || !std::isfinite(*number) || *number <= 0) {
      fail("expected '" + key + "' with a value above 0, found " +
           printed(entry ? entry->get("value") : value));
      return std::nullopt;
    }
    if (StringRef found = entry->getString("unit").value_or(""); found != unit)
      fail("expected '" + key + "' in " + unit + ", found '" + found + "'");
    if (entry->getString("source").value_or("").empty())
      fail("expected a source of '" + key + "', found none");
    return number;
  }

  /// Complains about constants that nobody asked for.
  void finish() {
    for (const auto &entry : constants)
      if (!llvm::is_contained(known, entry.first.str()))
        fail("expected constants of the cost model, found '" +
             StringRef(entry.first) + "'");
  }

  void fail(const llvm::Twine &text) {
    if (reason.empty())
      reason = (source + ": " + text).str();
  }
  std::string reason;

private:
  static std::string printed(const json::Value *value) {
    std::string text;
    llvm::raw_string_ostream os(text);
    value ? os << *value : os << "none";
    return text;
  }

  const json::Object &constants;
  StringRef source;
  std::vector<std::string> known;
};
} // namespace

TargetOrReason slin::cost::parseTarget(StringRef text, StringRef source) {
  auto parsed = json::parse(text);
  if (!parsed)
    return TargetOrReason::failure(
        (source + ": expected JSON: " + llvm::toString(parsed.takeError()))
            .str());
  const json::Object *root = parsed->getAsObject();
  const json::Object *constants = root ? root->getObject("constants") : nullptr;
  if (!constants || root->getString("target").value_or("").empty())
    return TargetOrReason::failure(
        (source + ": expected an object with 'target' and 'constants'").str());
  Target target;
  target.name = root->getString("target")->str();
  ConstantReader reader(*constants, source);
  auto need = [&](StringRef key, StringRef unit) {
    return reader.read(key, unit, /*isNeeded=*/true).value_or(1);
  };
  for (const TypeEntry &type : types)
    if (auto rate = reader.read(("throughput_" + type.name).str(), "FLOP/s",
                                /*isNeeded=*/false))
      target.throughput[type.type] = *rate;
  if (target.throughput.empty())
    reader.fail("expected a throughput of some element type, found none");
  target.memoryBandwidth = need("memory_bandwidth", "B/s");
  target.cacheBandwidth = need("cache_bandwidth", "B/s");
  target.cacheSize = need("cache_size", "B");
  target.groupedEfficiency = need("grouped_efficiency", "1");
  target.packingBandwidth = reader.read("packing_bandwidth", "B/s", false);
  target.copyBandwidth = need("copy_bandwidth", "B/s");
  target.runLatency = need("run_latency", "s");
  target.nodeLatency = need("node_latency", "s");
  target.productLatency =
      reader.read("product_latency", "s", /*isNeeded=*/false).value_or(0);
  reader.finish();
  if (!reader.reason.empty())
    return TargetOrReason::failure(reader.reason);
  return target;
}

std::vector<StringRef> slin::cost::shippedTargets() {
  std::vector<StringRef> names;
  for (const Shipped &entry : shipped)
    names.push_back(entry.name);
  return names;
}

TargetOrReason slin::cost::findTarget(StringRef nameOrPath) {
  if (nameOrPath.contains('/') || nameOrPath.ends_with(".json")) {
    auto file = llvm::MemoryBuffer::getFile(nameOrPath, /*IsText=*/true);
    if (!file)
      return TargetOrReason::failure("cannot read the target '" +
                                     nameOrPath.str() +
                                     "': " + file.getError().message());
    return parseTarget((*file)->getBuffer(), nameOrPath);
  }
  for (const Shipped &entry : shipped)
    if (entry.name == nameOrPath)
      return parseTarget(entry.text, entry.name);
  return TargetOrReason::failure(
      "expected a target of " + llvm::join(shippedTargets(), ", ") +
      " or the path of a .json file, found '" + nameOrPath.str() + "'");
}
