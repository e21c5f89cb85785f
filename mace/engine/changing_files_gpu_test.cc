// Other processes truncate, overwrite and replace a model's files while it is loaded and while it
// runs: the answers are right or an error is returned, and the process never ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "mace/base/atomic_file.h"
#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/formats/mace/export.h"
#include "mace/testing/compiled_graph.h"
#include "mace/testing/temporary_folder.h"
#include "mace/testing/test_graph.h"
#include "mace/testing/test_tensors.h"

namespace mace {
namespace {

constexpr int64_t kChannels = 64;

// x [1, 4, 4, 64] → three convolutions 3×3 with 147 KB of weights each.
Graph MakeGraph(uint32_t seed) {
  TestGraph test(Shape{1, 4, 4, kChannels});
  test.DeclareInput({1, -1, 4, kChannels});
  ValueId last = test.x();
  for (uint32_t i = 0; i < 3; ++i) {
    last = test.AddConvolution("conv" + std::to_string(i), last, {kChannels, kChannels, 3, 3},
                               seed + i);
  }
  test.Output("y", last);
  return std::move(test.graph);
}

class ChangingFiles : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    Write(1);
    const auto compiled = Create();
    ASSERT_TRUE(compiled.ok()) << compiled.status().message();
    expected_ = Run(*compiled, 4);
    ASSERT_FALSE(expected_.empty());
  }

  std::string ModelPath() const { return folder_.At("m.pb"); }
  std::string Data() const { return folder_.At("m.data"); }

  // Writes whole files and renames them into place.
  void Write(uint32_t seed) const {
    const StatusOr<MaceExport> made = ExportMace(MakeGraph(seed), {});
    ASSERT_TRUE(made.ok()) << made.status().message();
    ASSERT_TRUE(WriteFileAtomic(ModelPath(), AsBytes(made->model)).ok());
    ASSERT_TRUE(WriteFileAtomic(Data(), Bytes(made->data)).ok());
    const timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
    for (const std::string& path : {ModelPath(), Data()}) {
      ASSERT_EQ(0, utimensat(AT_FDCWD, path.c_str(), old, 0));
    }
  }
  static LoadOptions Load() {
    LoadOptions options;
    options.input_dims["x"] = {1, 4, 4, kChannels};
    return options;
  }
  static CompileOptions OnDevice() {
    CompileOptions options;
    options.device = GetParam();
    return options;
  }
  StatusOr<CompiledModel> Create() const {
    return CompiledModel::Load(ModelPath(), Load(), OnDevice());
  }
  // The output for an input of this height; empty if the run fails.
  static std::vector<float> Run(const CompiledModel& compiled, int64_t height,
                                Status* status = nullptr) {
    const auto outputs = RunOn(compiled, {RandomTensor({1, height, 4, kChannels}, 5)});
    if (status != nullptr) *status = outputs.status();
    return outputs.ok() ? ToFloatVector((*outputs)[0]) : std::vector<float>();
  }
  static void Cut(const std::string& path, off_t size) {
    ASSERT_EQ(0, truncate(path.c_str(), size));
  }

  const TemporaryFolder folder_;
  std::vector<float> expected_;
};

TEST_P(ChangingFiles, CutWhileTheyAreLoaded) {
  int right = 0, refused = 0;
  for (int i = 0; i < 60; ++i) {
    Write(1);
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(i * 50));
      Cut(i % 4 == 0 ? ModelPath() : Data(), i % 3 == 0 ? 5000 : 0);
    });
    const auto compiled = Create();
    other.join();
    if (!compiled.ok()) {
      EXPECT_FALSE(compiled.status().message().empty());
      ++refused;
      continue;
    }
    EXPECT_EQ(expected_, Run(*compiled, 4)) << i;
    ++right;
  }
  EXPECT_EQ(60, right + refused);
}

TEST_P(ChangingFiles, CutWhileTheModelRuns) {
  const auto compiled = Create();
  ASSERT_TRUE(compiled.ok());
  std::atomic<bool> cut{false};
  std::thread other([&] {
    for (const off_t size : {400000, 100, 0}) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      Cut(Data(), size);
      Cut(ModelPath(), size / 1000);
    }
    cut = true;
  });
  for (int after = 0; after < 5; after += cut ? 1 : 0) {
    ASSERT_EQ(expected_, Run(*compiled, 4));
  }
  other.join();
}

// A plan for another shape needs the weights again. If their memory was freed meanwhile, the error
// names the file; if not, the answer is right.
TEST_P(ChangingFiles, AnotherShapeAfterTheFilesWereCut) {
  const auto reference = Create();
  ASSERT_TRUE(reference.ok());
  const std::vector<float> taller = Run(*reference, 6);
  ASSERT_FALSE(taller.empty());
  const auto compiled = Create();
  ASSERT_TRUE(compiled.ok());
  Cut(Data(), 0);
  Status status;
  const std::vector<float> found = Run(*compiled, 6, &status);
  if (status.ok()) {
    EXPECT_EQ(taller, found);
  } else {
    EXPECT_NE(status.message().find("m.data: was changed"), std::string::npos) << status.message();
  }
  EXPECT_EQ(expected_, Run(*compiled, 4));
}

// Files of another model under the same names are not taken for the model's own.
TEST_P(ChangingFiles, AnotherShapeAfterTheFilesWereReplaced) {
  const auto reference = Create();
  ASSERT_TRUE(reference.ok());
  const std::vector<float> taller = Run(*reference, 6);
  const auto compiled = Create();
  ASSERT_TRUE(compiled.ok());
  Write(100);
  EXPECT_EQ(taller, Run(*compiled, 6));
  EXPECT_EQ(expected_, Run(*compiled, 4));
  const auto other = Create();
  ASSERT_TRUE(other.ok());
  EXPECT_NE(expected_, Run(*other, 4));
}

// Weights that the first compiled model freed are read again for the second one.
TEST_P(ChangingFiles, OneModelIsCompiledTwice) {
  const StatusOr<Model> model = Model::Load(ModelPath(), Load());
  ASSERT_TRUE(model.ok()) << model.status().message();
  for (int i = 0; i < 2; ++i) {
    const auto compiled = CompiledModel::Compile(*model, OnDevice());
    ASSERT_TRUE(compiled.ok()) << compiled.status().message();
    EXPECT_EQ(expected_, Run(*compiled, 4));
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, ChangingFiles, testing::Values("cpu", "gpu"));

}  // namespace
}  // namespace mace
