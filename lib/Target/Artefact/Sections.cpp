//===- Sections.cpp - The sections of a .slingpu file ---------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Checksums cover every byte, so a reader knows a broken file at once.
//
//===----------------------------------------------------------------------===//

#include "Sections.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace slin::artefact;

/// Of one record; 1 for bytes.
static constexpr uint32_t kRecordSizes[] = {
    0,
    1,
    sizeof(slingpu_metadata),
    sizeof(slingpu_target),
    sizeof(slingpu_module),
    sizeof(slingpu_kernel),
    sizeof(slingpu_weight),
    sizeof(slingpu_entry),
    sizeof(slingpu_value),
    sizeof(slingpu_plan),
    sizeof(slingpu_buffer),
    sizeof(slingpu_step),
    sizeof(slingpu_argument),
    sizeof(slingpu_tensor_map),
    1,
    1,
};
static_assert(std::size(kRecordSizes) == SLINGPU_SECTION_COUNT + 1);

Sections::Sections() { string(""); }

uint32_t Sections::string(llvm::StringRef text) {
  // A string ends at its first zero byte.
  text = text.take_until([](char c) { return c == 0; });
  std::string &content = contents[SLINGPU_STRINGS];
  auto [place, isNew] = strings.try_emplace(text, content.size());
  if (isNew)
    content.append(text.data(), text.size()).push_back(0);
  return place->second;
}

uint64_t Sections::storeCode(llvm::StringRef image) {
  std::string &content = contents[SLINGPU_CODE];
  content.resize(llvm::alignTo(content.size(), SLINGPU_ALIGNMENT));
  uint64_t offset = content.size();
  content.append(image.data(), image.size());
  return offset;
}

static uint32_t checksumOf(llvm::StringRef bytes) {
  return llvm::crc32(llvm::arrayRefFromStringRef(bytes));
}

std::string Sections::finish(uint64_t weightBytes, uint32_t weightChecksum,
                             uint64_t &fileSize) const {
  const uint64_t tableEnd =
      sizeof(slingpu_header) + SLINGPU_SECTION_COUNT * sizeof(slingpu_section);
  std::string file(tableEnd, 0);
  for (uint32_t kind = 1; kind <= SLINGPU_SECTION_COUNT; ++kind) {
    const std::string &content = contents[kind];
    file.resize(llvm::alignTo(file.size(), SLINGPU_ALIGNMENT));
    bool isLast = kind == SLINGPU_WEIGHT_DATA;
    slingpu_section section = {};
    section.kind = kind;
    section.record_size = kRecordSizes[kind];
    section.offset = file.size();
    section.size = isLast ? weightBytes : content.size();
    section.checksum = isLast ? weightChecksum : checksumOf(content);
    std::memcpy(&file[sizeof(slingpu_header) + (kind - 1) * sizeof(section)],
                &section, sizeof(section));
    file += content;
  }
  fileSize = file.size() + weightBytes;
  slingpu_header header = {};
  std::memcpy(header.magic, SLINGPU_MAGIC, sizeof(header.magic));
  header.version = SLINGPU_VERSION;
  header.section_count = SLINGPU_SECTION_COUNT;
  header.file_size = fileSize;
  std::memcpy(file.data(), &header, sizeof(header));
  header.checksum = checksumOf(llvm::StringRef(file).take_front(tableEnd));
  std::memcpy(file.data(), &header, sizeof(header));
  return file;
}
