//===- Threads.cpp - Parallel loops of compiled code ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Workers look for the next loop for a short while before they sleep: loops of
// one function follow each other within microseconds.
//
//===----------------------------------------------------------------------===//

#include "Threads.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace {
class Workers {
public:
  explicit Workers(unsigned threads) : threads(threads) {
    for (unsigned i = 1; i < threads; ++i)
      workers.emplace_back([this] { work(); });
  }
  ~Workers() {
    {
      std::lock_guard<std::mutex> lock(mutex);
      stop = true;
      ++round;
    }
    wake.notify_all();
    for (std::thread &worker : workers)
      worker.join();
  }

  void run(void (*function)(void *, int64_t, int64_t), void *captures,
           int64_t count) {
    if (workers.empty() || count < 2)
      return function(captures, 0, count);
    loop = {function, captures, count,
            std::max<int64_t>(1, count / (threads * 8))};
    next = 0;
    running = workers.size();
    {
      std::lock_guard<std::mutex> lock(mutex);
      ++round;
    }
    wake.notify_all();
    take();
    while (running.load(std::memory_order_acquire) != 0)
      std::this_thread::yield();
  }

private:
  struct Loop {
    void (*function)(void *, int64_t, int64_t);
    void *captures;
    int64_t count;
    int64_t part;
  };

  void take() {
    for (;;) {
      int64_t begin = next.fetch_add(loop.part);
      if (begin >= loop.count)
        return;
      loop.function(loop.captures, begin,
                    std::min(loop.count, begin + loop.part));
    }
  }

  void work() {
    unsigned seen = 0;
    for (;;) {
      for (int i = 0; i < 20000 && round.load() == seen; ++i)
        std::this_thread::yield();
      {
        std::unique_lock<std::mutex> lock(mutex);
        wake.wait(lock, [&] { return round.load() != seen; });
        seen = round;
        if (stop)
          return;
      }
      take();
      running.fetch_sub(1, std::memory_order_release);
    }
  }

  unsigned threads;
  std::vector<std::thread> workers;
  std::mutex mutex;
  std::condition_variable wake;
  std::atomic<unsigned> round{0};
  std::atomic<int64_t> next{0};
  std::atomic<unsigned> running{0};
  bool stop = false;
  Loop loop{};
};
} // namespace

static std::unique_ptr<Workers> &workers() {
  static std::unique_ptr<Workers> instance = std::make_unique<Workers>(1);
  return instance;
}

void slin::setThreads(unsigned count) {
  workers() = std::make_unique<Workers>(count);
}

extern "C" void slin_parallel_for(void (*function)(void *, int64_t, int64_t),
                                  void *captures, int64_t count) {
  workers()->run(function, captures, count);
}
