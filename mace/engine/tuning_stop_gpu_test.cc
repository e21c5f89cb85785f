// The progress callback stops a tuning: the compile is cancelled, and the measurements stay.
#include <gtest/gtest.h>

#include <string>

#include "mace/api/compiled_model.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

TEST(TuningStop, CancelsTheCompileAndKeepsWhatWasMeasured) {
  const TemporaryFolder folder;
  const std::string path = folder.At("cache.bin");
  const StatusOr<Model> loaded = Model::Load("models/digits/digits.pb");
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  const Model& model = *loaded;
  CompileOptions options;
  options.cache.path = path;
  options.tuning = CompileOptions::Tuning::kFull;
  size_t measured = 0, asked = 0;
  options.tuning_progress = [&](const CompileOptions::TuningProgress& progress) {
    ++asked;
    measured = progress.done;
    EXPECT_LT(progress.done, progress.total);
    return progress.done < 1;
  };
  const Status ended = CompiledModel::Compile(model, options).status();
  EXPECT_EQ(StatusCode::kCancelled, ended.code()) << ended.message();
  EXPECT_NE(std::string::npos, ended.message().find("1 of ")) << ended.message();
  EXPECT_EQ(1u, measured);
  EXPECT_EQ(2u, asked);  // Once before and once after the first measurement.

  options.tuning_progress = [](const CompileOptions::TuningProgress&) { return true; };
  const auto compiled = CompiledModel::Compile(model, options);
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  const TuningStatistics tuning = compiled->statistics().tuning;
  EXPECT_EQ("tuned", tuning.plan);
  EXPECT_EQ(1u, tuning.found);
  EXPECT_GT(tuning.measured, 0u);
}

}  // namespace
}  // namespace mace
