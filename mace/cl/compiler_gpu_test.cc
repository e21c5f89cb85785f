// The one door to the compiler, on the driver at hand and with a real cache file.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "mace/base/clock.h"
#include "mace/base/file_lock.h"
#include "mace/cl/compiler.h"
#include "mace/cl/kernel.h"
#include "mace/cl/memory.h"
#include "mace/cl/queue.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

constexpr char kSource[] =
    "__kernel void add_one(__global float* x, int n) {\n"
    "  int i = get_global_id(0);\n"
    "  if (i < n) x[i] += 1.0f;\n"
    "}\n";

class CompilerTest : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("MACE_REQUIRE_CACHE");
    StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu");
    ASSERT_TRUE(device.ok()) << device.status().message();
    device_ = *device;
    request_.source = kSource;
    request_.kernels = {{"add_one", "8x1x1"}};
  }
  void TearDown() override { unsetenv("MACE_REQUIRE_CACHE"); }

  std::shared_ptr<CacheStore> OpenStore() { return CacheStore::Open(path_); }

  // Runs the kernel over n floats and returns whether each is one more.
  bool Works(const BuiltProgram& built) {
    StatusOr<ClQueue> queue = ClQueue::Create(device_, false);
    StatusOr<ClKernel> kernel = ClKernel::Create(built.program->get(), "add_one");
    StatusOr<ClMemory> memory = ClMemory::CreateBuffer(*device_, 64 * sizeof(float), "x");
    if (!queue.ok() || !kernel.ok() || !memory.ok()) return false;
    std::vector<float> values(64, 2.5f);
    Bytes bytes(reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(float));
    MutableBytes back(reinterpret_cast<uint8_t*>(values.data()), values.size() * sizeof(float));
    const bool ok = queue->Write(*memory, bytes, "x").ok() && kernel->AddMemory(*memory).ok() &&
                    kernel->AddInt(64).ok() && kernel->CheckComplete().ok() &&
                    queue->Launch(*kernel, {64, 1, 1}, {8, 1, 1}).ok() &&
                    queue->Read(*memory, back, "x").ok();
    for (float value : values) {
      if (value != 3.5f) return false;
    }
    return ok;
  }

  // Builds, runs and stores; what a first process does.
  void FillCache() {
    ProgramCompiler compiler(device_, OpenStore());
    auto built = compiler.Build(request_);
    ASSERT_TRUE(built.ok()) << built.status().message();
    EXPECT_TRUE((*built)->from_source);
    ASSERT_TRUE(Works(**built));
    const std::vector<std::shared_ptr<const BuiltProgram>> programs = {*built};
    const Status stored = compiler.SaveAfterFirstUse(programs);
    ASSERT_TRUE(stored.ok()) << stored.message();
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.At("cache.bin");
  std::shared_ptr<ClDevice> device_;
  ProgramRequest request_;
};

TEST_F(CompilerTest, TheSecondCompilerTakesTheBinary) {
  FillCache();
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  ProgramCompiler compiler(device_, OpenStore());
  auto built = compiler.Build(request_);
  ASSERT_TRUE(built.ok()) << built.status().message();
  EXPECT_FALSE((*built)->from_source);
  EXPECT_GT((*built)->loaded_bytes, 0u);
  EXPECT_TRUE(Works(**built));
}

TEST_F(CompilerTest, AnotherTextOrAnotherLaunchShapeIsAMiss) {
  FillCache();
  setenv("MACE_REQUIRE_CACHE", "1", 1);
  ProgramCompiler compiler(device_, OpenStore());
  ProgramRequest other = request_;
  other.source += "// more\n";
  const Status status = compiler.Build(other).status();
  EXPECT_EQ(StatusCode::kNotFound, status.code());
  EXPECT_NE(std::string::npos, status.message().find("add_one")) << status.message();
  if (device_->info().vendor == DeviceVendor::kPocl) {
    other = request_;
    other.kernels[0].launch_shapes = "16x1x1";
    EXPECT_FALSE(compiler.Build(other).ok());
  }
}

TEST_F(CompilerTest, ABinaryThatTheDriverRefusesIsAMiss) {
  {
    // Under the right key, with a right hash, and no program at all.
    ProgramCompiler probe(device_, nullptr);
    auto built = probe.Build(request_);
    ASSERT_TRUE(built.ok());
    std::shared_ptr<CacheStore> store = OpenStore();
    ProgramRecord record;
    record.key = (*built)->key;
    record.device = (*built)->identity.device;
    record.kernels = request_.kernels;
    record.bytes = std::make_shared<const std::vector<uint8_t>>(1000, uint8_t{0x5A});
    ASSERT_TRUE(store->AddProgram(record).ok());
    ASSERT_TRUE(store->Flush().ok());
  }
  ProgramCompiler compiler(device_, OpenStore());
  auto built = compiler.Build(request_);
  ASSERT_TRUE(built.ok()) << built.status().message();
  EXPECT_TRUE((*built)->from_source);
  EXPECT_TRUE(Works(**built));
}

TEST_F(CompilerTest, AProgramIsBuiltOnceACompiler) {
  ProgramCompiler compiler(device_, nullptr);
  bool reused = true;
  auto first = compiler.Build(request_, &reused);
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(reused);
  auto second = compiler.Build(request_, &reused);
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(reused);
  EXPECT_EQ(first->get(), second->get());
}

TEST_F(CompilerTest, AProgramThatNobodyHoldsIsForgotten) {
  ProgramCompiler compiler(device_, nullptr);
  std::weak_ptr<const BuiltProgram> gone;
  bool reused = true;
  {
    auto built = compiler.Build(request_);
    ASSERT_TRUE(built.ok());
    gone = *built;
  }
  EXPECT_TRUE(gone.expired());
  ASSERT_TRUE(compiler.Build(request_, &reused).ok());
  EXPECT_FALSE(reused);
}

TEST_F(CompilerTest, WhatWasKeptIsFoundBeforeItIsWritten) {
  ProgramCompiler compiler(device_, OpenStore());
  {
    auto built = compiler.Build(request_);
    ASSERT_TRUE(built.ok());
    ASSERT_TRUE(Works(**built));
    const std::vector<std::shared_ptr<const BuiltProgram>> programs = {*built};
    ASSERT_TRUE(compiler.Keep(programs).ok());
  }
  EXPECT_NE(0, access(path_.c_str(), F_OK));
  auto again = compiler.Build(request_);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE((*again)->from_source);
  EXPECT_TRUE((*again)->identity.source.empty()) << "the text of a cached program is kept";
  EXPECT_TRUE(Works(**again));
  ASSERT_TRUE(compiler.Save().ok());
  EXPECT_EQ(0, access(path_.c_str(), F_OK));
}

TEST_F(CompilerTest, ThreadsThatWantOneProgramBuildItOnce) {
  ProgramCompiler compiler(device_, nullptr);
  std::vector<std::shared_ptr<const BuiltProgram>> built(4);
  std::atomic<int> reuses{0};
  std::vector<std::thread> threads;
  for (auto& program : built) {
    threads.emplace_back([&] {
      bool reused = false;
      auto mine = compiler.Build(request_, &reused);
      if (mine.ok()) program = *mine;
      reuses += reused ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& program : built) {
    ASSERT_NE(program, nullptr);
    EXPECT_EQ(program, built[0]);
  }
  EXPECT_EQ(reuses, 3);
}

// Another process holds the lock: measurements stay in memory, and nobody waits for the lock.
TEST_F(CompilerTest, AMeasurementWaitsForNoOtherWriter) {
  ProgramCompiler compiler(device_, OpenStore());
  {
    const auto lock = FileLock::Acquire(path_ + ".lock", 0);
    ASSERT_TRUE(lock.ok()) << lock.status().message();
    const double begin = MonotonicMilliseconds();
    EXPECT_TRUE(compiler.AddMeasurement("conv 3x3", "1.5").ok());
    EXPECT_LT(MonotonicMilliseconds() - begin, 500) << "it waited for the lock";
    EXPECT_NE(0, access(path_.c_str(), F_OK));
    EXPECT_EQ("1.5", compiler.FindTuning("conv 3x3").value_or("none"));
  }
  EXPECT_TRUE(compiler.AddMeasurement("conv 5x5", "2.5").ok());
  ProgramCompiler other(device_, OpenStore());
  EXPECT_EQ("1.5", other.FindTuning("conv 3x3").value_or("none"));
  EXPECT_EQ("2.5", other.FindTuning("conv 5x5").value_or("none"));
}

TEST_F(CompilerTest, ABuildErrorCarriesKernelAndLog) {
  ProgramCompiler compiler(device_, nullptr);
  ProgramRequest broken;
  broken.source = "__kernel void broken(__global float* x) { x[0] = no_such_name; }\n";
  broken.kernels = {{"broken", "1x1x1"}};
  const Status status = compiler.Build(broken).status();
  EXPECT_EQ(StatusCode::kUnsupported, status.code());
  for (const char* part :
       {"clBuildProgram", "CL_BUILD_PROGRAM_FAILURE", "kernel broken", "no_such_name"}) {
    EXPECT_NE(std::string::npos, status.message().find(part)) << status.message();
  }
  EXPECT_EQ(std::string::npos, status.message().find('\n'));
}

TEST_F(CompilerTest, ArgumentCountsAreChecked) {
  ProgramCompiler compiler(device_, nullptr);
  auto built = compiler.Build(request_);
  ASSERT_TRUE(built.ok());
  StatusOr<ClKernel> kernel = ClKernel::Create((*built)->program->get(), "add_one");
  ASSERT_TRUE(kernel.ok());
  EXPECT_EQ(StatusCode::kInternal, kernel->CheckComplete().code());
  StatusOr<ClMemory> memory = ClMemory::CreateBuffer(*device_, 16, "x");
  ASSERT_TRUE(memory.ok());
  ASSERT_TRUE(kernel->AddMemory(*memory).ok());
  // A float fits an int's four bytes for the driver; a third argument fits nothing.
  ASSERT_TRUE(kernel->AddInt(1).ok());
  EXPECT_TRUE(kernel->CheckComplete().ok());
  EXPECT_EQ(StatusCode::kInternal, kernel->AddInt(1).code());
  EXPECT_EQ(StatusCode::kDeviceError,
            ClKernel::Create((*built)->program->get(), "no_such").status().code());
}

TEST_F(CompilerTest, WhatATunerChoseIsThereNextTime) {
  const std::string choice("tile\0 8x8", 9);  // Any bytes.
  {
    ProgramCompiler compiler(device_, OpenStore());
    EXPECT_FALSE(compiler.FindTuning("conv 3x3").has_value());
    ASSERT_TRUE(compiler.AddTuning("conv 3x3", choice).ok());
    EXPECT_EQ(choice, compiler.FindTuning("conv 3x3").value_or("none"));
    EXPECT_FALSE(compiler.AddTuning("", choice).ok());
    ASSERT_TRUE(compiler.SaveAfterFirstUse({}).ok());
  }
  ProgramCompiler compiler(device_, OpenStore());
  EXPECT_EQ(choice, compiler.FindTuning("conv 3x3").value_or("none"));
  EXPECT_FALSE(compiler.FindTuning("conv 5x5").has_value());
  ProgramCompiler without(device_, nullptr);
  EXPECT_TRUE(without.AddTuning("conv 3x3", choice).ok());
  EXPECT_FALSE(without.FindTuning("conv 3x3").has_value());
}

}  // namespace
}  // namespace mace
