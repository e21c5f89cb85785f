// The blocks of models/make_transformer.py, whose layer norms and GELUs are made of elementary ops,
// compared with the script's own answers in double precision. Their elementwise nodes become few
// launches.
#include <gtest/gtest.h>

#include "mace/diagnose.h"
#include "tools/mace/reference_cases.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

ReferenceCase Transformer() { return MadeOnnxCase("transformer"); }

TEST(Transformer, OnTheCpu) {
  CompileOptions options;
  options.device = "cpu";
  CheckCase(Transformer(), options);
}

class TransformerOnTheDevice : public testing::TestWithParam<CompileOptions::Storage> {};

TEST_P(TransformerOnTheDevice, IsRight) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  using Precision = CompileOptions::Precision;
  for (Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    CompileOptions options;
    options.storage = GetParam();
    options.precision = precision;
    options.allow_cpu_fallback = false;
    CheckCase(Transformer(), options);
  }
}

INSTANTIATE_TEST_SUITE_P(Memory, TransformerOnTheDevice,
                         testing::Values(CompileOptions::Storage::kBuffer,
                                         CompileOptions::Storage::kImage),
                         [](const auto& info) {
                           return info.param == CompileOptions::Storage::kImage ? "Image"
                                                                                : "Buffer";
                         });

// Each layer norm: Pow, Add with Sqrt, the rest. Each GELU: one launch. Then the sums.
TEST(Transformer, ElementwiseNodesAreFewLaunches) {
  if (!HasOpenClDevice()) GTEST_SKIP() << "no OpenCL device";
  std::optional<CompiledModel> compiled = CompileOrFail(Transformer().model, CompileOptions());
  ASSERT_TRUE(compiled.has_value());
  StatusOr<Request> request = compiled->NewRequest();
  ASSERT_TRUE(request.ok()) << request.status().message();
  const StatusOr<ModelReport> report = ReportModel(&*request);
  ASSERT_TRUE(report.ok()) << report.status().message();
  size_t steps = 0;
  for (const NodeReport& node : report->nodes) {
    EXPECT_NE(node.type, "Unary") << node.name << ": a function that stands alone";
    if (node.type != "FusedElementwise") continue;
    steps += node.steps;
    EXPECT_GE(node.launches, 1u) << node.name;
  }
  // Two blocks: five steps of a GELU, and for each of five norms two steps below the root and three
  // above.
  EXPECT_GE(steps, 2 * 5u + 5 * 5u);
}

}  // namespace
}  // namespace mace
