// Damaged model files give code 3 and one line that names the file, never a crash, a hang or an
// answer.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "tools/mace/exit_code.h"
#include "tools/mace/tensors.h"
#include "tools/mace/test_support.h"

namespace mace {
namespace {

class DamagedModel : public testing::Test {
 protected:
  // Writes a model with these bytes; `data` null: without a weights file.
  std::string Write(const std::string& graph, const std::string* data) {
    const std::string folder = FreshFolder("damaged");
    const std::string path = JoinPath(folder, "model.pb");
    WriteText(path, graph);
    if (data != nullptr) WriteText(JoinPath(folder, "model.data"), *data);
    return path;
  }

  CommandResult Run(const std::string& model) { return RunMace({"run", model, "--device", "cpu"}); }

  // Loads within this process, which is fast enough for thousands of files. Gives a Status or an
  // answer.
  static bool Loads(const std::string& model) {
    CompileOptions options;
    options.device = "cpu";
    const StatusOr<CompiledModel> compiled = CompiledModel::Load(model, LoadOptions(), options);
    if (compiled.ok()) return true;
    const std::string message = compiled.status().message();
    EXPECT_FALSE(message.empty());
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return false;
  }

  const std::string graph_ = ReadText(ProjectFile("models/digits/digits.pb"));
  const std::string data_ = ReadText(ProjectFile("models/digits/digits.data"));
  const std::string frozen_ = ReadText(ProjectFile("models/digits/digits_frozen.pb"));
};

TEST_F(DamagedModel, MissingFile) {
  const std::string missing = FreshFolder("damaged") + "/none.pb";
  ExpectRefused(Run(missing), kExitBadModelOrInput, missing);
}

TEST_F(DamagedModel, AFolderInItsPlace) {
  const std::string folder = FreshFolder("damaged");
  ExpectRefused(Run(folder), kExitBadModelOrInput, folder);
}

TEST_F(DamagedModel, EmptyFile) {
  const std::string model = Write("", &data_);
  ExpectRefused(Run(model), kExitBadModelOrInput, model);
}

TEST_F(DamagedModel, RandomBytes) {
  std::mt19937 generator(1);
  std::string noise(10000, '\0');
  for (char& c : noise) c = static_cast<char>(generator());
  const std::string model = Write(noise, nullptr);
  ExpectRefused(Run(model), kExitBadModelOrInput, model);
}

TEST_F(DamagedModel, MissingWeights) {
  ExpectRefused(Run(Write(graph_, nullptr)), kExitBadModelOrInput, "model.data");
}

TEST_F(DamagedModel, NamedWeightsThatAreNotThere) {
  const std::string model = Write(graph_, &data_);
  ExpectRefused(RunMace({"run", model, "--device", "cpu", "--data", model + ".none"}),
                kExitBadModelOrInput, "model.pb.none");
}

TEST_F(DamagedModel, WeightsCutShort) {
  for (size_t size : {size_t{0}, size_t{1}, data_.size() / 2, data_.size() - 1}) {
    const std::string cut = data_.substr(0, size);
    SCOPED_TRACE(size);
    ExpectRefused(Run(Write(graph_, &cut)), kExitBadModelOrInput, "model.data");
  }
}

TEST_F(DamagedModel, GraphCutShort) {
  const std::string model = Write(graph_.substr(0, graph_.size() / 2), &data_);
  ExpectRefused(Run(model), kExitBadModelOrInput, model);
  const std::string frozen = Write(frozen_.substr(0, frozen_.size() / 2), nullptr);
  ExpectRefused(Run(frozen), kExitBadModelOrInput, frozen);
}

// A cut between two fields leaves a valid, shorter message, which may load. A model that loads must
// run or give an error.
TEST_F(DamagedModel, GraphCutAnywhereIsRefusedOrSound) {
  const std::string model = Write(graph_, &data_);
  int refused = 0, tried = 0;
  for (size_t size = 0; size < graph_.size(); size += 1 + graph_.size() / 400) {
    WriteText(model, graph_.substr(0, size));
    ++tried;
    refused += Loads(model) ? 0 : 1;
  }
  EXPECT_GT(refused, tried * 9 / 10);
}

TEST_F(DamagedModel, ChangedBytesAreSurvived) {
  std::mt19937 generator(7);
  const std::string mace = Write(graph_, &data_), tensorflow = Write(frozen_, nullptr);
  CompileOptions options;
  options.device = "cpu";
  int refused = 0;
  for (int i = 0; i < 600; ++i) {
    const bool frozen = i % 2 == 1;
    std::string changed = frozen ? frozen_ : graph_;
    changed[generator() % changed.size()] ^= static_cast<char>(1 << (generator() % 8));
    const std::string& path = frozen ? tensorflow : mace;
    WriteText(path, changed);
    StatusOr<CompiledModel> compiled = CompiledModel::Load(path, LoadOptions(), options);
    if (!compiled.ok()) {
      ++refused;
      continue;
    }
    // A changed extent may make a large model. Models that fit in memory are run, too.
    std::vector<HostTensor> inputs;
    bool small = true;
    for (const TensorSpec& spec : CompiledInputs(*compiled)) {
      small = small && spec.dtype == DType::kFloat32 && Shape(spec.dims).elements() < 1 << 12;
      if (small) inputs.push_back(RandomFloats(spec.dims, 1));
    }
    if (small) (void)RunOn(&*compiled, inputs);
  }
  EXPECT_GT(refused, 0) << "no change was noticed: the test changes nothing";
}

}  // namespace
}  // namespace mace
