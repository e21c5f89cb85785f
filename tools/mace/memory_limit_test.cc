// The command refuses work that exceeds memory before it allocates: limits of an option, limits of
// the system, and array files that are larger than they look.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "mace/base/clock.h"
#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

std::string Digits() { return ProjectFile("models/digits/digits.pb"); }

std::vector<std::string> RunOnCpu(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"run", Digits(), "--device", "cpu"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// A .npy file whose elements take no disk space.
std::string SparseArray(const std::string& name, const std::string& header, uint64_t data_bytes) {
  const std::string path = JoinPath(FreshFolder(name), name + ".npy");
  std::string start("\x93NUMPY\x01\x00", 8);
  PutFixed16(&start, static_cast<uint16_t>(header.size()));
  start += header;
  std::ofstream(path, std::ios::binary) << start;
  EXPECT_EQ(0, truncate(path.c_str(), static_cast<off_t>(start.size() + data_bytes)));
  return path;
}

// The peak memory of all child processes that have ended, in bytes.
uint64_t LargestChild() {
  rusage use = {};
  getrusage(RUSAGE_CHILDREN, &use);
  return static_cast<uint64_t>(use.ru_maxrss) * 1024;
}

TEST(MemoryLimit, AModelBeyondItIsRefusedWithBothNumbers) {
  ExpectRefused(RunMace(RunOnCpu({"--host-memory-limit", "2K"})), kExitBadModelOrInput, "2048");
  EXPECT_EQ(kExitDone, RunMace(RunOnCpu({"--host-memory-limit", "64M"})).exit_code);
}

TEST(MemoryLimit, IsANumberOfBytes) {
  for (const char* limit : {"lots", "-1", "0", "12Q", ""}) {
    SCOPED_TRACE(limit);
    ExpectRefused(RunMace(RunOnCpu({"--host-memory-limit", limit})), kExitBadUse,
                  "--host-memory-limit");
  }
}

TEST(MemoryLimit, ConvertKeepsToIt) {
  const std::string output = JoinPath(FreshFolder("convert_limit"), "model.pb");
  ExpectRefused(RunMace({"convert", Digits(), "--output", output, "--host-memory-limit", "2K"}),
                kExitBadModelOrInput, "2048");
}

TEST(MemoryLimit, InputsThatNoMachineHoldsAreNotMade) {
  ExpectRefused(RunMace(RunOnCpu({"--input-shape", "input=1048576,1024,1024,1"})),
                kExitBadModelOrInput, "limit");
  EXPECT_LT(LargestChild(), uint64_t{300} << 20);
}

TEST(MemoryLimit, AnArrayFileIsJudgedByItsHeader) {
  const double begin = MonotonicMilliseconds();
  const std::string sparse =
      SparseArray("sparse", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 8, 8, 1), }",
                  uint64_t{15} << 30);
  const std::string other_rank = SparseArray(
      "other_rank", "{'descr': '|u1', 'fortran_order': True, 'shape': (16106127360,), }",
      uint64_t{15} << 30);
  const std::string too_large = SparseArray(
      "too_large", "{'descr': '<f2', 'fortran_order': False, 'shape': (274877906944, 1, 1, 1), }",
      uint64_t{1} << 39);
  for (const std::string& path : {sparse, other_rank, too_large}) {
    SCOPED_TRACE(path);
    ExpectRefused(RunMace(RunOnCpu({"--input", "input=" + path})), kExitBadModelOrInput, ".npy");
    unlink(path.c_str());
  }
  EXPECT_LT(LargestChild(), uint64_t{300} << 20);
  EXPECT_LT(MonotonicMilliseconds() - begin, 60000) << "15 GB were read";
}

}  // namespace
}  // namespace mace
