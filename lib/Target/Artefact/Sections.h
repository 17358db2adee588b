//===- Sections.h - The sections of a .slingpu file -------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Records of lib/Runtime/format.h, section by section, and the header that
// makes them a file.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TARGET_ARTEFACT_SECTIONS_H
#define SLIN_LIB_TARGET_ARTEFACT_SECTIONS_H

#include "format.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

#include <array>
#include <string>

namespace slin::artefact {

/// The section that holds records of a type.
template <typename Record>
constexpr slingpu_section_kind sectionOf();
#define SLIN_SECTION(record, section)                                          \
  template <>                                                                  \
  constexpr slingpu_section_kind sectionOf<slingpu_##record>() {               \
    return section;                                                            \
  }
SLIN_SECTION(metadata, SLINGPU_METADATA)
SLIN_SECTION(target, SLINGPU_TARGETS)
SLIN_SECTION(module, SLINGPU_MODULES)
SLIN_SECTION(kernel, SLINGPU_KERNELS)
SLIN_SECTION(weight, SLINGPU_WEIGHTS)
SLIN_SECTION(entry, SLINGPU_ENTRIES)
SLIN_SECTION(value, SLINGPU_VALUES)
SLIN_SECTION(plan, SLINGPU_PLANS)
SLIN_SECTION(buffer, SLINGPU_BUFFERS)
SLIN_SECTION(step, SLINGPU_STEPS)
SLIN_SECTION(argument, SLINGPU_ARGUMENTS)
SLIN_SECTION(tensor_map, SLINGPU_TENSOR_MAPS)
#undef SLIN_SECTION

class Sections {
public:
  Sections();

  /// The offset of `text`; equal texts are stored once.
  uint32_t string(llvm::StringRef text);

  /// The index of the new record.
  template <typename Record>
  uint32_t add(const Record &record) {
    std::string &content = contents[sectionOf<Record>()];
    content.append(reinterpret_cast<const char *>(&record), sizeof(Record));
    return content.size() / sizeof(Record) - 1;
  }

  template <typename Record>
  uint32_t count() const {
    return contents[sectionOf<Record>()].size() / sizeof(Record);
  }

  /// The offset of an image in the section of code.
  uint64_t storeCode(llvm::StringRef image);

  /// Header, table and all sections but the weights' bytes, whose size and
  /// checksum are given, up to where these start. `fileSize` becomes that of
  /// the whole file.
  std::string finish(uint64_t weightBytes, uint32_t weightChecksum,
                     uint64_t &fileSize) const;

private:
  std::array<std::string, SLINGPU_SECTION_COUNT + 1> contents;
  llvm::StringMap<uint32_t> strings;
};

} // namespace slin::artefact

#endif // SLIN_LIB_TARGET_ARTEFACT_SECTIONS_H
