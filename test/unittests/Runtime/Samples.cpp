//===- Samples.cpp - Artefacts that the tests read
//------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"

extern "C" {
#include "checksum.h"
}
#include "format.h"

#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

extern "C" const char *__asan_default_options() {
  // GoogleTest is not instrumented; edited files may ask for much memory.
  return "detect_container_overflow=0:allocator_may_return_null=1";
}

std::string samplePath(const std::string &name) {
  return SLIN_SAMPLES "/" + name + ".slingpu";
}

std::string readSample(const std::string &name) {
  std::ifstream file(samplePath(name), std::ios::binary);
  EXPECT_TRUE(file.good()) << samplePath(name);
  return {std::istreambuf_iterator<char>(file), {}};
}

void seal(std::string &bytes) {
  const size_t table = sizeof(slingpu_header);
  const size_t end = table + SLINGPU_SECTION_COUNT * sizeof(slingpu_section);
  for (size_t at = table; at < end; at += sizeof(slingpu_section)) {
    slingpu_section section;
    memcpy(&section, &bytes[at], sizeof section);
    if (section.offset > bytes.size() ||
        section.size > bytes.size() - section.offset)
      continue;
    section.checksum =
        slin_checksum(0, bytes.data() + section.offset, section.size);
    memcpy(&bytes[at], &section, sizeof section);
  }
  slingpu_header header;
  memcpy(&header, bytes.data(), sizeof header);
  header.checksum = 0;
  memcpy(&bytes[0], &header, sizeof header);
  header.checksum = slin_checksum(0, bytes.data(), end);
  memcpy(&bytes[0], &header, sizeof header);
}

Loaded::Loaded(const std::string &name, unsigned maxTokens) {
  EXPECT_EQ(slin_open(samplePath(name).c_str(), &artefact, &error), 0)
      << error.message;
  EXPECT_EQ(slin_load(artefact, 0, maxTokens, &program, &error), 0)
      << error.message;
  standin_reset();
}

Loaded::~Loaded() {
  EXPECT_EQ(slin_unload(program, &error), 0) << error.message;
  slin_close(artefact);
  EXPECT_EQ(standin_live(), 0u);
}

Memory::Memory(slin_program *program, uint64_t bytes) : program(program) {
  EXPECT_EQ(slin_allocate(program, bytes, &pointer, nullptr), 0);
}

Memory::~Memory() { EXPECT_EQ(slin_free(program, pointer, nullptr), 0); }
