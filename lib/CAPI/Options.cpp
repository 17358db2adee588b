//===- Options.cpp - Options as JSON --------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A table from keys to readers. null leaves an option at its default.
//
//===----------------------------------------------------------------------===//

#include "Options.h"

#include "slin/Target/PTX/PTX.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <functional>
#include <map>

using namespace mlir;
using namespace slin::capi;
namespace json = llvm::json;

namespace {
/// Stores a value; gives what was expected if it is of the wrong kind.
using Reader = std::function<const char *(const json::Value &)>;
} // namespace

static Reader readBoolean(std::function<void(bool)> store) {
  return [=](const json::Value &value) -> const char * {
    auto found = value.getAsBoolean();
    if (found)
      store(*found);
    return found ? nullptr : "true or false";
  };
}

static Reader readText(std::function<void(std::string)> store) {
  return [=](const json::Value &value) -> const char * {
    auto found = value.getAsString();
    if (found)
      store(found->str());
    return found ? nullptr : "a string";
  };
}

static Reader readTexts(std::function<void(std::vector<std::string>)> store) {
  return [=](const json::Value &value) -> const char * {
    std::vector<std::string> texts;
    const json::Array *array = value.getAsArray();
    bool isList =
        array && llvm::all_of(*array, [&](const json::Value &element) {
          auto text = element.getAsString();
          texts.push_back(text.value_or("").str());
          return text.has_value();
        });
    if (isList)
      store(std::move(texts));
    return isList ? nullptr : "a list of strings";
  };
}

static Reader readPositive(std::function<void(int64_t)> store) {
  return [=](const json::Value &value) -> const char * {
    auto found = value.getAsInteger();
    bool isPositive = found && *found > 0;
    if (isPositive)
      store(*found);
    return isPositive ? nullptr : "an integer of at least 1";
  };
}

/// One number or a list of them.
static Reader readCounts(std::function<void(std::vector<int64_t>)> store) {
  return [=](const json::Value &value) -> const char * {
    std::vector<int64_t> counts;
    auto take = [&](const json::Value &element) {
      auto number = element.getAsInteger();
      counts.push_back(number.value_or(0));
      return counts.back() > 0;
    };
    const json::Array *array = value.getAsArray();
    bool isGood = array ? llvm::all_of(*array, take) : take(value);
    if (isGood)
      store(std::move(counts));
    return isGood  ? nullptr
           : array ? "a list of integers of at least 1"
                   : "an integer of at least 1";
  };
}

static Reader readFraction(std::function<void(double)> store) {
  return [=](const json::Value &value) -> const char * {
    auto found = value.getAsNumber();
    bool isFraction = found && *found > 0 && *found < 1;
    if (isFraction)
      store(*found);
    return isFraction ? nullptr : "a number between 0 and 1";
  };
}

LogicalResult Options::read(llvm::StringRef text, std::string &reason) {
  if (text.empty())
    return success();
  auto parsed = json::parse(text);
  const json::Object *object = parsed ? parsed->getAsObject() : nullptr;
  if (!object) {
    reason = "the options are no JSON object";
    if (!parsed)
      reason += ": " + llvm::toString(parsed.takeError());
    return failure();
  }
  const std::map<llvm::StringRef, Reader> readers = {
      {"data_dirs", readTexts([&](auto value) { dataFolders = value; })},
      {"include", readTexts([&](auto value) {
         compress.include = llvm::ArrayRef<std::string>(value);
         merge.include = llvm::ArrayRef<std::string>(value);
         compile.include = llvm::ArrayRef<std::string>(value);
       })},
      {"exclude", readTexts([&](auto value) {
         compress.exclude = llvm::ArrayRef<std::string>(value);
         merge.exclude = llvm::ArrayRef<std::string>(value);
         compile.exclude = llvm::ArrayRef<std::string>(value);
       })},
      {"mlp_like", readBoolean([&](bool value) {
         compress.mlpLike = value;
         merge.mlpLike = value;
         compile.mlpLike = value;
       })},
      {"ratio", readFraction([&](double value) { compress.ratio = value; })},
      {"rank", readPositive([&](int64_t value) { compress.rank = value; })},
      {"structure", readText([&](auto value) { compress.structure = value; })},
      {"blocks", readPositive([&](int64_t value) { compress.blocks = value; })},
      {"statistics",
       readText([&](auto value) { compress.statistics = value; })},
      {"weight_only",
       readBoolean([&](bool value) { compress.weightOnly = value; })},
      {"add_bias", readBoolean([&](bool value) { compress.addBias = value; })},
      {"target", readText([&](auto value) {
         compress.target = value;
         merge.target = value;
       })},
      {"tokens", readCounts([&](auto value) {
         compress.tokens = llvm::ArrayRef<int64_t>(value);
         merge.tokens = llvm::ArrayRef<int64_t>(value);
         compile.tokens = llvm::ArrayRef<int64_t>(value);
       })},
      {"dispatch", readText([&](auto value) {
         compress.dispatch = value;
         merge.dispatch = value;
       })},
      {"rewrites", readTexts([&](auto value) {
         merge.rewrites = llvm::ArrayRef<std::string>(value);
       })},
      {"targets", readTexts([&](auto value) { targets = value; })},
      {"element_type",
       readText([&](auto value) { compile.elementType = value; })},
      {"table", readText([&](auto value) { compile.table = value; })},
      {"candidates",
       readPositive([&](int64_t value) { compile.candidates = value; })},
      {"ptxas", readText([&](auto value) { assembler = value; })},
      {"ptxas_folders",
       readTexts([&](auto value) { assemblerFolders = value; })},
      {"dry_run", readBoolean([&](bool value) { dryRun = value; })},
      {"widen", readBoolean([&](bool value) { widen = value; })},
      {"folder", readText([&](auto value) { folder = value; })},
  };
  // In the order of the keys, so that the first complaint is always the same.
  std::map<llvm::StringRef, const json::Value *> entries;
  for (const auto &entry : *object)
    entries[entry.first] = &entry.second;
  for (auto [key, value] : entries) {
    auto reader = readers.find(key);
    if (reader == readers.end()) {
      reason = "unknown option '" + key.str() + "'";
      return failure();
    }
    if (value->getAsNull())
      continue;
    if (const char *expected = reader->second(*value)) {
      llvm::raw_string_ostream(reason) << "option '" << key << "' must be "
                                       << expected << ", found " << *value;
      return failure();
    }
  }
  return success();
}

LogicalResult Options::checkCompress(std::string &reason) const {
  const std::string &structure = compress.structure;
  bool isRankFree = structure == "block_diagonal" ||
                    structure == "block_shuffle" || structure == "monarch";
  bool hasRatio = compress.ratio != 0, hasRank = compress.rank != 0;
  if (!isRankFree && structure != "low_rank" && structure != "block_dense")
    reason = "option 'structure' must be low_rank, block_dense, block_shuffle "
             "or block_diagonal, found '" +
             structure + "'";
  else if (hasRank && isRankFree)
    reason = "option 'rank' makes no sense for " + structure +
             ", which has no rank: give 'ratio' or 'blocks'";
  else if (isRankFree && !hasRatio && compress.blocks == 0)
    reason = "one of the options 'ratio' and 'blocks' is needed for " +
             structure + ", found none";
  else if (!isRankFree && hasRatio == hasRank)
    reason = "exactly one of the options 'ratio' and 'rank' is needed, found " +
             std::string(hasRank ? "both" : "none");
  return failure(!reason.empty());
}

LogicalResult Options::checkCompile(std::string &reason) const {
  const std::string &type = compile.elementType;
  if (!llvm::is_contained({"", "bf16", "f16", "f32"}, llvm::StringRef(type)))
    reason =
        "option 'element_type' must be bf16, f16 or f32, found '" + type + "'";
  else if (targets.empty())
    reason = "option 'targets' must name at least one target, found none";
  else if (targets.size() > 1 && compile.candidates)
    reason = "option 'candidates' is for one target, found several";
  else if (targets.size() > 1 && !compile.table.empty())
    reason = "option 'table' is for one target, found several";
  for (auto target = targets.begin(); target != targets.end(); ++target) {
    if (std::find(targets.begin(), target, *target) != target)
      reason = "option 'targets' must name each target once, found '" +
               *target + "' twice";
    if (reason.empty() && failed(ptx::findChip(*target, reason)))
      reason = "option 'targets': " + reason;
  }
  return failure(!reason.empty());
}

LogicalResult Options::checkForms(std::string &reason) const {
  const std::string &dispatch = merge.dispatch;
  if (dispatch != "one" && dispatch != "if")
    reason = "option 'dispatch' must be one or if, found '" + dispatch + "'";
  else if (dispatch == "if" && merge.target.empty())
    reason = "option 'dispatch' needs a 'target' to choose forms for";
  else if (dispatch == "one" && merge.tokens.size() > 1)
    reason = "several token counts need the 'dispatch' if, found one";
  return failure(!reason.empty());
}
