#include "mace/cl/nvidia/cubin.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(Cubin, PtxIsTold) {
  EXPECT_TRUE(IsPtx("//\n// Generated\n.version 8.0\n.target sm_90, texmode_independent\n"));
  EXPECT_FALSE(
      IsPtx("\x7f"
            "ELF"));
  EXPECT_FALSE(IsPtx("poclbin"));
  EXPECT_FALSE(IsPtx(""));
}

// With libcuda, no device has this UUID; without, there is nothing to assemble with.
TEST(Cubin, NoSuchDevice) {
  const Status status = AssembleCubin(".version 8.0\n.target sm_90\n", DeviceUuid()).status();
  EXPECT_FALSE(status.ok());
  EXPECT_FALSE(status.message().empty());
}

}  // namespace
}  // namespace mace
