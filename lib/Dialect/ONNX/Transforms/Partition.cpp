//===- Partition.cpp - Which hidden features go together ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A list that leaves a feature out would change the network without a word, so
// that all of a file is checked before anything is cut.
//
//===----------------------------------------------------------------------===//

#include "Partition.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace slin::onnx;

FailureOr<Partition> Partition::contiguous(int64_t count, std::string &reason) {
  if (count < 2) {
    reason = "expected experts of at least 2, or a partition, found experts=" +
             std::to_string(count);
    return failure();
  }
  Partition result;
  result.count = count;
  return result;
}

/// One list of lists of integers.
static std::optional<Partition::Parts>
parseParts(const llvm::json::Value &value) {
  const llvm::json::Array *lists = value.getAsArray();
  if (!lists || lists->empty())
    return std::nullopt;
  Partition::Parts parts;
  for (const llvm::json::Value &list : *lists) {
    const llvm::json::Array *indices = list.getAsArray();
    if (!indices || indices->empty())
      return std::nullopt;
    auto &part = parts.emplace_back();
    for (const llvm::json::Value &index : *indices) {
      auto number = index.getAsInteger();
      if (!number)
        return std::nullopt;
      part.push_back(*number);
    }
  }
  return parts;
}

FailureOr<Partition> Partition::read(StringRef file, int64_t count,
                                     std::string &reason) {
  auto fail = [&](const Twine &why) {
    reason = ("'" + file + "': " + why).str();
    return FailureOr<Partition>();
  };
  if (count != 0)
    return fail("the partition says how many experts there are: expected no "
                "experts option beside it, found experts=" +
                Twine(count));
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/true);
  if (!buffer)
    return fail("cannot be read: " + buffer.getError().message());
  llvm::Expected<llvm::json::Value> parsed =
      llvm::json::parse((*buffer)->getBuffer());
  if (!parsed)
    return fail("is no JSON: " + toString(parsed.takeError()));
  const llvm::json::Object *object = parsed->getAsObject();
  if (!object || object->empty())
    return fail("expected an object of lists by the paths of networks");
  Partition result;
  result.file = file.str();
  for (const auto &[path, value] : *object) {
    auto parts = parseParts(value);
    if (!parts)
      return fail("'" + StringRef(path) +
                  "': expected lists of at least one index each");
    result.listed[StringRef(path).str()] = std::move(*parts);
  }
  return result;
}

/// Whether each of the features stands in one list once; otherwise why not.
static std::string findGap(const Partition::Parts &parts, int64_t features) {
  std::vector<bool> seen(features);
  for (const auto &part : parts)
    for (int64_t index : part) {
      if (index < 0 || index >= features)
        return "expected indices from 0 to " + std::to_string(features - 1) +
               ", found " + std::to_string(index);
      if (seen[index])
        return "expected each index once, found " + std::to_string(index) +
               " twice";
      seen[index] = true;
    }
  for (int64_t index = 0; index < features; ++index)
    if (!seen[index])
      return "expected all " + std::to_string(features) +
             " hidden features, index " + std::to_string(index) +
             " is in no list";
  return "";
}

LogicalResult Partition::checkAgainst(ArrayRef<FFN> networks,
                                      std::string &reason) const {
  for (const auto &entry : listed) {
    const std::string &path = entry.first;
    auto known = llvm::find_if(
        networks, [&](const FFN &ffn) { return ffn.path == path; });
    std::string why;
    if (known == networks.end()) {
      why = "no network has this path, found";
      for (const FFN &ffn : networks)
        why += " '" + ffn.path + "'";
      if (networks.empty())
        why += " none";
    } else {
      why = findGap(entry.second, known->linears.back().in);
    }
    if (why.empty())
      continue;
    reason = "'" + file + "': '" + path + "': " + why;
    return failure();
  }
  return success();
}

std::optional<Partition::Parts> Partition::of(const FFN &network) const {
  if (!listed.empty()) {
    auto it = listed.find(network.path);
    return it == listed.end() ? std::nullopt : std::optional(it->second);
  }
  Parts parts(count);
  int64_t features = network.linears.back().in, next = 0;
  for (int64_t part = 0; part < count; ++part) {
    int64_t size = features / count + (part < features % count ? 1 : 0);
    for (int64_t i = 0; i < size; ++i)
      parts[part].push_back(next++);
  }
  return parts;
}
