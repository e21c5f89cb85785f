// Small versions of the nine networks of models/make_light.py on the CPU and on the device,
// compared with the script's own answers in double precision.
#include <gtest/gtest.h>

#include "tools/mace/reference_cases.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

class LightTest : public testing::TestWithParam<const char*> {
 protected:
  static ReferenceCase Case() { return MadeOnnxCase(std::string("light_") + GetParam()); }
};

TEST_P(LightTest, OnTheCpu) {
  CompileOptions options;
  options.device = "cpu";
  CheckCase(Case(), options);
}

TEST_P(LightTest, OnTheDevice) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  CompileOptions options;
  options.allow_cpu_fallback = false;
  CheckCase(Case(), options);
}

INSTANTIATE_TEST_SUITE_P(Networks, LightTest,
                         testing::Values("bvlc_alexnet", "densenet121", "inception_v1",
                                         "inception_v2", "resnet50", "shufflenet", "squeezenet",
                                         "vgg19", "zfnet512"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace mace
