#include "mace/base/shared_objects.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace mace {
namespace {

using Texts = SharedObjects<int, std::string>;

Texts::Maker Makes(std::string text, int* calls = nullptr) {
  return [=]() -> StatusOr<Texts::Pointer> {
    if (calls != nullptr) ++*calls;
    return std::make_shared<std::string>(text);
  };
}

TEST(SharedObjects, AnObjectIsSharedWhileItIsUsed) {
  Texts texts;
  int calls = 0;
  bool found = true;
  auto first = texts.Get(1, Makes("a", &calls), &found);
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(found);
  auto second = texts.Get(1, Makes("b", &calls), &found);
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(found);
  EXPECT_EQ(first->get(), second->get());
  EXPECT_EQ(calls, 1);
  first->reset();
  second->reset();
  auto third = texts.Get(1, Makes("c", &calls), &found);
  ASSERT_TRUE(third.ok());
  EXPECT_FALSE(found);
  EXPECT_EQ(**third, "c");
}

TEST(SharedObjects, AFailureIsNotKept) {
  Texts texts;
  const auto failing = [] { return StatusOr<Texts::Pointer>(DeviceError("no")); };
  EXPECT_EQ(texts.Get(1, failing).status().code(), StatusCode::kDeviceError);
  const auto exhausted = []() -> StatusOr<Texts::Pointer> { throw std::bad_alloc(); };
  EXPECT_EQ(texts.Get(1, exhausted).status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(texts.Get(1, Makes("a")).ok());
}

TEST(SharedObjects, KeysOfObjectsThatAreGoneAreForgotten) {
  Texts texts;
  for (int key = 0; key < 10000; ++key) ASSERT_TRUE(texts.Get(key, Makes("a")).ok());
  EXPECT_LT(texts.size(), 100u);
}

// The maker of one key waits until another key was served: with one lock for both it would wait for
// ever.
TEST(SharedObjects, OtherKeysAreServedWhileOneIsMade) {
  Texts texts;
  std::promise<void> begun, served;
  std::thread slow([&] {
    const auto wait = [&]() -> StatusOr<Texts::Pointer> {
      begun.set_value();
      served.get_future().wait();
      return std::make_shared<std::string>("slow");
    };
    EXPECT_TRUE(texts.Get(1, wait).ok());
  });
  begun.get_future().wait();
  EXPECT_TRUE(texts.Get(2, Makes("other")).ok());
  served.set_value();
  slow.join();
}

TEST(SharedObjects, AllWhoAskAtOnceGetTheOneThatIsMade) {
  Texts texts;
  std::atomic<int> calls{0};
  const auto make = [&]() -> StatusOr<Texts::Pointer> {
    ++calls;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return std::make_shared<std::string>("one");
  };
  std::vector<Texts::Pointer> got(8);
  std::vector<std::thread> threads;
  for (Texts::Pointer& object : got) {
    threads.emplace_back([&] {
      StatusOr<Texts::Pointer> gotten = texts.Get(1, make);
      if (gotten.ok()) object = *gotten;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(calls, 1);
  for (const Texts::Pointer& object : got) {
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(object, got[0]);
  }
}

}  // namespace
}  // namespace mace
