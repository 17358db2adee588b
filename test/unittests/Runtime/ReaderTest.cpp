//===- ReaderTest.cpp - Files that are whole, and files that are not
//------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A damaged file is refused, whichever byte it is; a file that was made wrong
// on purpose, with right checksums, is refused or can be run without harm.
//
//===----------------------------------------------------------------------===//

#include "Samples.h"
#include "format.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>

namespace {

slin_status open(const std::string &bytes, slin_artefact *&artefact,
                 slin_error &error) {
  // A copy of its own size: reads behind the end are seen.
  static std::vector<char> copy;
  copy.assign(bytes.begin(), bytes.end());
  copy.shrink_to_fit();
  return slin_open_memory(copy.data(), copy.size(), "edited", &artefact,
                          &error);
}

/// What the reader says about bytes; empty where it takes them.
std::string complaint(const std::string &bytes) {
  slin_artefact *artefact;
  slin_error error = {};
  if (!open(bytes, artefact, error)) {
    slin_close(artefact);
    return "";
  }
  EXPECT_EQ(artefact, nullptr);
  return error.message;
}

TEST(Reader, TakesWhatTheWriterWrites) {
  EXPECT_EQ(complaint(readSample("sample")), "");
  EXPECT_EQ(complaint(readSample("tiny")), "");
}

TEST(Reader, RefusesEveryFlippedBit) {
  const std::string good = readSample("tiny");
  ASSERT_LT(good.size(), 1u << 14);
  for (size_t at = 0; at < good.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = char(bad[at] ^ 1 << bit);
      EXPECT_NE(complaint(bad), "") << "byte " << at << " bit " << bit;
    }
}

TEST(Reader, RefusesEveryTruncation) {
  const std::string good = readSample("tiny");
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_HAS(complaint(good.substr(0, size)), "found");
  EXPECT_HAS(complaint(good + std::string(1, '\0')), "bytes, found");
}

TEST(Reader, SaysWhatIsWrong) {
  const std::string good = readSample("tiny");
  std::string bad = good;
  memcpy(&bad[0], "\x08\x0aonnx..", 8);
  EXPECT_HAS(complaint(bad), "found 08 0a 6f 6e 6e 78 2e 2e: give what slin "
                             "compile has written");
  bad = good;
  bad[8] = 7;
  EXPECT_HAS(complaint(bad), "expected version 2 of the format, found 7: "
                             "compile the model again");
  bad = good;
  bad.back() = char(bad.back() ^ 1);
  EXPECT_HAS(complaint(bad), "edited: weight data: expected checksum ");
  EXPECT_HAS(complaint(bad), "copy or compile it again");
  EXPECT_HAS(complaint(good.substr(0, good.size() - 1)),
             "; the file is damaged");
}

TEST(Reader, SaysWhichFileCannotBeOpened) {
  slin_artefact *artefact;
  slin_error error;
  EXPECT_EQ(slin_open("/nowhere/x.slingpu", &artefact, &error),
            SLIN_RUNTIME_FILE);
  EXPECT_STREQ(error.message,
               "/nowhere/x.slingpu: cannot be opened: No such file or "
               "directory");
  EXPECT_EQ(slin_open("/", &artefact, &error), SLIN_RUNTIME_FILE);
  EXPECT_STREQ(error.message, "/: expected a file, found a folder or device");
  EXPECT_EQ(slin_open("/", &artefact, nullptr), SLIN_RUNTIME_FILE);
}

/// A record of tiny.slingpu made wrong, and what is said about it.
template <typename Record, typename Edit>
std::string edited(slingpu_section_kind kind, unsigned index, Edit edit) {
  std::string bytes = readSample("tiny");
  edit(record<Record>(bytes, kind, index));
  seal(bytes);
  return complaint(bytes);
}

TEST(Reader, ChecksTheRules) {
#define RULE(type, kind, index, edit, text)                                    \
  EXPECT_HAS(edited<type>(kind, index, [](type &r) { edit; }), text)
  RULE(slingpu_target, SLINGPU_TARGETS, 0, r.architecture = 5,
       "target 0: expected an architecture in 50..999, found 5");
  RULE(slingpu_module, SLINGPU_MODULES, 0, r.target = 1,
       "module 0: expected a target of the file, found 1");
  RULE(slingpu_module, SLINGPU_MODULES, 0, r.ptx_size -= 1,
       "expected PTX that ends with a zero byte");
  RULE(slingpu_module, SLINGPU_MODULES, 0, r.cubin_offset = UINT64_MAX - 63,
       "expected an image within the section of code");
  RULE(slingpu_kernel, SLINGPU_KERNELS, 0, r.threads = 2000,
       "kernel 0: expected 1..1024 threads, found 2000");
  RULE(slingpu_kernel, SLINGPU_KERNELS, 0, r.cluster = 4,
       "a grid along x of whole clusters");
  RULE(slingpu_kernel, SLINGPU_KERNELS, 0, r.flags = 2,
       "kernel 0: expected no flags but 1, found 2");
  RULE(slingpu_kernel, SLINGPU_KERNELS, 0, r.name = 1u << 30,
       "a string within the section of strings");
  RULE(slingpu_weight, SLINGPU_WEIGHTS, 0, r.size = UINT64_MAX,
       "weight 0: expected at least 1 byte, within the weight data");
  RULE(slingpu_entry, SLINGPU_ENTRIES, 0, r.first_value = 1,
       "entry 0: expected values from 0 on, of 2 in all, found 1");
  RULE(slingpu_entry, SLINGPU_ENTRIES, 0, r.plan_count = 1,
       "no record without an owner");
  RULE(slingpu_value, SLINGPU_VALUES, 0, r.alignment = 24,
       "value 0: expected an alignment that is a power of two");
  RULE(slingpu_value, SLINGPU_VALUES, 0, r.alignment = 8,
       "tensor maps of values aligned to 16");
  RULE(slingpu_value, SLINGPU_VALUES, 0, r.features = 7,
       "to stay within the 14 bytes of buffer 0 at 1 tokens, found 16");
  RULE(slingpu_plan, SLINGPU_PLANS, 1, r.from = 10,
       "plan 1: expected token ranges from 1 on without a hole, found 10");
  RULE(slingpu_plan, SLINGPU_PLANS, 1, r.to = 9, "behind its start");
  RULE(slingpu_buffer, SLINGPU_BUFFERS, 0, r.kind = 9,
       "buffer 0: expected a kind in 1..4, found 9");
  RULE(slingpu_buffer, SLINGPU_BUFFERS, 2, r.index = 1,
       "buffer 2: expected an index of what there is, found 1");
  RULE(slingpu_buffer, SLINGPU_BUFFERS, 3, r.size.divisor = 0,
       "size: a divisor of at least 1");
  RULE(slingpu_buffer, SLINGPU_BUFFERS, 3, r.size.multiplier = UINT64_MAX,
       "size: at most 4611686018427387903 at 8 tokens");
  RULE(slingpu_buffer, SLINGPU_BUFFERS, 3, r.offset.constant = 64,
       "an offset that is a multiple of 256");
  RULE(slingpu_step, SLINGPU_STEPS, 0, r.kernel = 1,
       "no kernel, flags and grid of a step that clears");
  RULE(slingpu_step, SLINGPU_STEPS, 2, r.kernel = 1,
       "step 2: expected a kernel of the file, found 1");
  RULE(slingpu_step, SLINGPU_STEPS, 2, r.grid_y.constant = 0,
       "a grid of at least one block");
  RULE(slingpu_argument, SLINGPU_ARGUMENTS, 1, r.number.multiplier = 2048,
       "to stay within the 1024 bytes of buffer 3 at 1 tokens, found 2048");
  RULE(slingpu_argument, SLINGPU_ARGUMENTS, 1, r.number.constant = 1 << 20,
       "to stay within the 1024 bytes of buffer 3 at 1 tokens, found 1048608");
  RULE(slingpu_argument, SLINGPU_ARGUMENTS, 4, r.index = 2,
       "argument 4: expected a tensor map of the file, found 2");
  RULE(slingpu_tensor_map, SLINGPU_TENSOR_MAPS, 0, r.strides[0].multiplier = 8,
       "tensor map 0: expected a stride that is a multiple of 16");
  RULE(slingpu_tensor_map, SLINGPU_TENSOR_MAPS, 0, r.box[0] = 4,
       "an inner box of a multiple of 16 bytes");
  RULE(slingpu_tensor_map, SLINGPU_TENSOR_MAPS, 0, r.box[0] = 24;
       r.swizzle = 1,
       "an inner box of a multiple of 16 bytes, not longer than the swizzle, "
       "found 48");
  RULE(slingpu_tensor_map, SLINGPU_TENSOR_MAPS, 0, r.box[4] = 1,
       "axes beyond the rank to be zero");
  RULE(slingpu_tensor_map, SLINGPU_TENSOR_MAPS, 0, r.dims[1].constant = 1,
       "to stay within the 16 bytes of buffer 0 at 1 tokens, found 32");
#undef RULE
}

/// Runs every entry of an edited file, where memory for it can be had.
void runAll(slin_artefact *artefact) {
  slin_program *program;
  slin_error error;
  if (slin_load(artefact, 0, 16, &program, &error))
    return;
  for (unsigned entry = 0; entry < slin_entry_count(artefact); ++entry)
    for (unsigned tokens : {0u, 1u, 3u, 8u, 9u, 100u, 4095u, 4096u}) {
      std::vector<slin_pointer> pointers;
      bool whole = true;
      slin_value value;
      for (unsigned i = 0; slin_entry_value(artefact, entry, i, &value); ++i) {
        slin_pointer pointer = 0;
        uint64_t size = uint64_t(tokens) * value.features * 4;
        whole &= size < 1 << 22 &&
                 !slin_allocate(program, size + 1, &pointer, nullptr);
        pointers.push_back(pointer);
      }
      uint64_t size = 0;
      slin_pointer workspace = 0;
      whole &= !slin_workspace_size(program, entry, tokens, &size, &error) &&
               size < 1 << 24 &&
               !slin_allocate(program, size + 1, &workspace, nullptr);
      if (whole)
        slin_run(program, entry, tokens, pointers.data(),
                 pointers.data() + slin_input_count(artefact, entry), nullptr,
                 workspace, size, &error);
      pointers.push_back(workspace);
      for (slin_pointer pointer : pointers)
        if (pointer)
          slin_free(program, pointer, nullptr);
    }
  EXPECT_EQ(slin_unload(program, &error), 0) << error.message;
}

TEST(Reader, RandomEditsWithRightChecksumsDoNoHarm) {
  const std::string good = readSample("tiny");
  std::mt19937 random(7);
  const uint32_t values[] = {0,          1,          2,          3,
                             15,         16,         255,        256,
                             0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0};
  unsigned taken = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bad = good;
    for (unsigned edits = random() % 3 + 1; edits; --edits) {
      size_t at = random() % (bad.size() / 4) * 4;
      // Most edits are of records: the head, the code and the weights are
      // small.
      uint32_t value = random() % 2 ? values[random() % std::size(values)]
                                    : uint32_t(bad[at]) + random() % 5 - 2;
      memcpy(&bad[at], &value, 4);
    }
    if (random() % 8 == 0)
      bad.resize(random() % (bad.size() + 64));
    if (bad.size() >= sizeof(slingpu_header) +
                          SLINGPU_SECTION_COUNT * sizeof(slingpu_section))
      seal(bad);
    slin_artefact *artefact;
    slin_error error = {};
    if (open(bad, artefact, error)) {
      EXPECT_NE(error.message[0], 0);
      continue;
    }
    ++taken;
    std::vector<char> text(1 << 16);
    EXPECT_LT(slin_describe(artefact, text.data(), text.size()), text.size());
    runAll(artefact);
    slin_close(artefact);
    EXPECT_EQ(standin_live(), 0u);
    standin_reset();
  }
  // Edits of names, code, weights and numbers leave many files that are valid.
  EXPECT_GT(taken, 500u);
  EXPECT_LT(taken, 19000u);
}

TEST(Reader, DescribesAFileInPieces) {
  slin_artefact *artefact;
  slin_error error;
  ASSERT_EQ(slin_open(samplePath("sample").c_str(), &artefact, &error), 0);
  const size_t length = slin_describe(artefact, nullptr, 0);
  std::vector<char> whole(length + 1), part(101);
  EXPECT_EQ(slin_describe(artefact, whole.data(), whole.size()), length);
  EXPECT_EQ(strlen(whole.data()), length);
  EXPECT_EQ(slin_describe(artefact, part.data(), part.size()), length);
  EXPECT_EQ(std::string(part.data()), std::string(whole.data(), 100));
  EXPECT_HAS(whole.data(), "{\"name\": \"sm_90a\", \"cubin_bytes\": ");
  EXPECT_HAS(whole.data(), "\"name\": \"encoder.layer.0.mlp\", \"structure\": "
                           "\"low_rank(1024x256, rank 64), gelu");
  slin_close(artefact);
}

TEST(Reader, TellsTheSignature) {
  slin_artefact *artefact;
  slin_error error;
  ASSERT_EQ(slin_open(samplePath("sample").c_str(), &artefact, &error), 0);
  unsigned entry;
  ASSERT_EQ(slin_find_entry(artefact, "encoder.layer.1.mlp", &entry, &error),
            0);
  EXPECT_EQ(entry, 1u);
  slin_value value;
  ASSERT_TRUE(slin_entry_value(artefact, entry, 1, &value));
  EXPECT_STREQ(value.name, "y");
  EXPECT_EQ(value.element_type, unsigned(SLINGPU_F32));
  EXPECT_EQ(value.features, 8u);
  EXPECT_EQ(value.rank, 3u);
  EXPECT_FALSE(slin_entry_value(artefact, entry, 2, &value));
  EXPECT_FALSE(slin_entry_value(artefact, 2, 0, &value));
  EXPECT_EQ(slin_find_entry(artefact, "mlp", &entry, &error),
            SLIN_RUNTIME_USAGE);
  EXPECT_HAS(error.message, "expected one of 2 entries, as "
                            "'encoder.layer.0.mlp', found 'mlp'");
  slin_close(artefact);
}

} // namespace
