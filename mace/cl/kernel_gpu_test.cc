// The facts that a kernel object gives, on the driver at hand.
#include <gtest/gtest.h>

#include "mace/cl/kernel.h"
#include "mace/cl/program.h"

namespace mace {
namespace {

constexpr char kSource[] =
    "__kernel void any_size(__global float* x) { x[get_global_id(0)] = 1.0f; }\n"
    "__kernel __attribute__((reqd_work_group_size(16, 2, 1))) void one_size(__global float* x) {\n"
    "  x[get_global_id(0)] = 1.0f;\n"
    "}\n";

TEST(KernelTest, MaxWorkGroupSizeIsTheOneAKernelIsCompiledFor) {
  StatusOr<std::shared_ptr<ClDevice>> device = OpenDevice("gpu");
  ASSERT_TRUE(device.ok()) << device.status().message();
  auto program = ClProgram::FromSource(*device, kSource, "test");
  ASSERT_TRUE(program.ok()) << program.status().message();
  StatusOr<ClKernel> one_size = ClKernel::Create((*program)->get(), "one_size");
  ASSERT_TRUE(one_size.ok()) << one_size.status().message();
  StatusOr<size_t> size = one_size->MaxWorkGroupSize(**device);
  ASSERT_TRUE(size.ok()) << size.status().message();
  EXPECT_EQ(32u, *size);
  StatusOr<ClKernel> any_size = ClKernel::Create((*program)->get(), "any_size");
  ASSERT_TRUE(any_size.ok()) << any_size.status().message();
  size = any_size->MaxWorkGroupSize(**device);
  ASSERT_TRUE(size.ok()) << size.status().message();
  EXPECT_GT(*size, 0u);
  EXPECT_LE(*size, (*device)->info().max_work_group_size);
}

}  // namespace
}  // namespace mace
