//===- PrecompiledHeaders.cpp - Anchor of the precompiled headers ---------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A library needs one source file; this one lets CMake build the precompiled
// header that the other rooms reuse.
//
//===----------------------------------------------------------------------===//
