#include "mace/cl/error.h"

#include <gtest/gtest.h>

namespace mace {
namespace {

TEST(ClError, NamesCallErrorAndWhat) {
  const Status status = MakeClError("clFinish", CL_OUT_OF_RESOURCES, "kernel 'k'");
  EXPECT_EQ(StatusCode::kDeviceError, status.code());
  EXPECT_EQ("clFinish: CL_OUT_OF_RESOURCES (-5): kernel 'k'", status.message());
  EXPECT_EQ("clFinish: unknown OpenCL error (-12345)",
            MakeClError("clFinish", -12345, "").message());
}

TEST(ClError, SuccessIsOk) { EXPECT_TRUE(CheckCl("clFinish", CL_SUCCESS, "nothing").ok()); }

}  // namespace
}  // namespace mace
