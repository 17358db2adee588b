//===- TensorFields.cpp - Elements in fields of their own
//--------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One entry of a field is an element, or for packed types a byte of several;
// the six-bit floats alone take an entry each here and are packed in raw_data.
//
//===----------------------------------------------------------------------===//

#include "TensorFields.h"

#include <cstring>

using namespace mlir;
using namespace slin;
using namespace slin::onnx;
using ::onnx::TensorProto;

StringRef slin::onnx::nameOfField(Field field) {
  switch (field) {
  case Field::Float:
    return "float_data";
  case Field::Int32:
    return "int32_data";
  case Field::Int64:
    return "int64_data";
  case Field::Double:
    return "double_data";
  case Field::UInt64:
    return "uint64_data";
  }
  return "";
}

/// The field ONNX prescribes for elements of `type`.
Field slin::onnx::fieldOf(Type type) {
  if (auto complex = dyn_cast<ComplexType>(type))
    type = complex.getElementType();
  if (type.isF32())
    return Field::Float;
  if (type.isF64())
    return Field::Double;
  if (type.isInteger(64))
    return type.isUnsignedInteger() ? Field::UInt64 : Field::Int64;
  if (type.isInteger(32) && type.isUnsignedInteger())
    return Field::UInt64;
  return Field::Int32;
}

/// Bytes that one entry of `field` stands for: packed types put several
/// elements into one byte and one byte into one entry.
static unsigned bytesPerEntry(Type type, Field field) {
  switch (field) {
  case Field::Float:
    return 4;
  case Field::Double:
  case Field::Int64:
    return 8;
  case Field::UInt64:
    return type.isInteger(32) ? 4 : 8;
  case Field::Int32:
    return std::max(1u, weights::bitsPerElement(type) / 8);
  }
  return 1;
}

/// The first `width` bytes of each entry.
template <typename EntriesT>
static void appendEntries(std::vector<char> &bytes, const EntriesT &entries,
                          unsigned width) {
  for (auto entry : entries) {
    char buffer[sizeof(entry)];
    std::memcpy(buffer, &entry, sizeof(entry));
    bytes.insert(bytes.end(), buffer, buffer + width);
  }
}

/// Six-bit floats take one entry each, but are packed in `raw_data`.
static bool isSixBits(Type type) { return weights::bitsPerElement(type) == 6; }

static std::vector<char> packSixBits(ArrayRef<char> entries) {
  std::vector<char> bytes((entries.size() * 6 + 7) / 8);
  for (size_t i = 0; i < entries.size(); ++i)
    for (unsigned bit = 0; bit < 6; ++bit)
      bytes[(i * 6 + bit) / 8] |= ((entries[i] >> bit) & 1)
                                  << ((i * 6 + bit) % 8);
  return bytes;
}

std::vector<char> slin::onnx::bytesOfFields(const TensorProto &m, Type type,
                                            Field field) {
  std::vector<char> bytes;
  unsigned width = bytesPerEntry(type, field);
  switch (field) {
  case Field::Float:
    appendEntries(bytes, m.float_data(), width);
    break;
  case Field::Int32:
    appendEntries(bytes, m.int32_data(), width);
    break;
  case Field::Int64:
    appendEntries(bytes, m.int64_data(), width);
    break;
  case Field::Double:
    appendEntries(bytes, m.double_data(), width);
    break;
  case Field::UInt64:
    appendEntries(bytes, m.uint64_data(), width);
    break;
  }
  return isSixBits(type) ? packSixBits(bytes) : bytes;
}

/// Fills `field` from bytes in `raw_data` layout.
void slin::onnx::fillField(TensorProto &m, ArrayRef<char> bytes, Type type,
                           Field field) {
  unsigned width = bytesPerEntry(type, field);
  std::vector<char> unpacked;
  if (isSixBits(type)) {
    for (size_t i = 0; (i + 1) * 6 <= bytes.size() * 8; ++i) {
      char entry = 0;
      for (unsigned bit = 0; bit < 6; ++bit)
        entry |= ((bytes[(i * 6 + bit) / 8] >> ((i * 6 + bit) % 8)) & 1) << bit;
      unpacked.push_back(entry);
    }
    bytes = unpacked;
  }
  bool isSigned = type.isInteger(8) || type.isInteger(16)
                      ? !type.isUnsignedInteger()
                      : false;
  for (size_t position = 0; position + width <= bytes.size();
       position += width) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + position, width);
    switch (field) {
    case Field::Float:
      m.add_float_data(llvm::bit_cast<float>(uint32_t(word)));
      break;
    case Field::Double:
      m.add_double_data(llvm::bit_cast<double>(word));
      break;
    case Field::Int64:
      m.add_int64_data(word);
      break;
    case Field::UInt64:
      m.add_uint64_data(word);
      break;
    case Field::Int32:
      m.add_int32_data(isSigned ? llvm::SignExtend64(word, 8 * width)
                                : int32_t(word));
    }
  }
}
