//===- WeightTable.cpp - Every weight once --------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bytes stay where they are, mapped, until the file is written.
//
//===----------------------------------------------------------------------===//

#include "WeightTable.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace slin;
using namespace slin::artefact;

static ArrayRef<uint8_t> bytesOf(const weights::Elements &elements) {
  return llvm::arrayRefFromStringRef(
      StringRef(elements.bytes.data(), elements.bytes.size()));
}

FailureOr<uint32_t> WeightTable::add(slingpu::WeightOp op) {
  if (auto place = known.find(op.getValue()); place != known.end())
    return place->second;
  std::string reason;
  auto elements = weights::loadElements(op.getWeight(), op, reason);
  if (failed(elements))
    return op.emitError() << "weight '" << op.getName() << "': " << reason;
  if (elements->bytes.empty())
    return op.emitError() << "weight '" << op.getName()
                          << "': expected at least one byte, found none";
  ArrayRef<uint8_t> bytes = bytesOf(*elements);
  auto key = std::make_pair(uint64_t(bytes.size()), llvm::xxh3_64bits(bytes));
  auto [first, last] = byContent.equal_range(key);
  for (auto place = first; place != last; ++place)
    if (bytesOf(stored[place->second].elements) == bytes)
      return known[op.getValue()] = place->second;
  slingpu_weight record = {};
  record.name = sections.string(op.getName());
  record.offset = llvm::alignTo(size, SLINGPU_ALIGNMENT);
  record.size = bytes.size();
  uint32_t index = sections.add(record);
  stored.push_back({record.offset, std::move(*elements)});
  size = record.offset + record.size;
  byContent.emplace(key, index);
  return known[op.getValue()] = index;
}

uint32_t WeightTable::checksum() const {
  static constexpr uint8_t zeros[SLINGPU_ALIGNMENT] = {};
  uint32_t value = 0;
  uint64_t end = 0;
  for (const Stored &weight : stored) {
    value = llvm::crc32(value, ArrayRef(zeros, weight.offset - end));
    value = llvm::crc32(value, bytesOf(weight.elements));
    end = weight.offset + weight.elements.bytes.size();
  }
  return value;
}
