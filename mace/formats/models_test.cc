// Genuine models, where they are at hand: MACE_SHARED_DIR/models, or ../shared/models. Every shape
// that is inferred must be the one that MACE's converter wrote into the file.
#include <dirent.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/formats/import_model.h"
#include "mace/formats/proto/mace.pb.h"

namespace mace {
namespace {

std::string ModelsFolder() {
  const char* shared = std::getenv("MACE_SHARED_DIR");
  const std::string folder = JoinPath(shared != nullptr ? shared : "../shared", "models");
  return FileExists(folder) ? folder : "";
}

std::vector<std::string> FilesIn(const std::string& folder, const std::string& extension) {
  std::vector<std::string> files;
  DIR* directory = opendir(folder.c_str());
  if (directory == nullptr) return files;
  while (const dirent* entry = readdir(directory)) {
    if (EndsWith(entry->d_name, extension)) files.push_back(JoinPath(folder, entry->d_name));
  }
  closedir(directory);
  std::sort(files.begin(), files.end());
  return files;
}

// Whether the file speaks of one tensor in two ranks, as its shape chains do: their numbers, not
// their extents, are what counts.
bool SameOrWidened(const Shape& found, const Shape& declared, DType dtype) {
  return found == declared || (dtype == DType::kInt32 && found.elements() == declared.elements());
}

void CheckShapes(const std::string& path, const Graph& graph) {
  const StatusOr<std::string> bytes = ReadFile(path, size_t{1} << 30);
  ASSERT_TRUE(bytes.ok());
  wire::MultiNetDef model;
  ASSERT_TRUE(model.ParseFromString(*bytes));
  std::map<std::string, const Value*> values;
  for (const Value& value : graph.values) values.emplace(value.name, &value);
  int checked = 0;
  for (const wire::OperatorDef& op : model.net_def(0).op()) {
    for (int i = 0; i < op.output_shape_size() && i < op.output_size(); ++i) {
      const Shape declared(
          std::vector<int64_t>(op.output_shape(i).dims().begin(), op.output_shape(i).dims().end()));
      if (declared.rank() == 0) continue;  // The converter did not know.
      ASSERT_EQ(values.count(op.output(i)), 1u) << path << ": " << op.output(i);
      const TensorInfo& info = values[op.output(i)]->info;
      EXPECT_TRUE(SameOrWidened(info.shape, declared, info.dtype))
          << path << ": " << op.name() << " (" << op.type() << "): expected " << declared.ToString()
          << ", found " << info.shape.ToString();
      ++checked;
    }
  }
  EXPECT_GT(checked, 0) << path;
}

bool IsQuantized(const std::string& path) {
  return path.find("quint8") != std::string::npos || path.find("qint8") != std::string::npos;
}

TEST(GenuineModels, Mace) {
  if (ModelsFolder().empty()) GTEST_SKIP() << "no models here";
  const std::vector<std::string> files = FilesIn(JoinPath(ModelsFolder(), "mace"), ".pb");
  ASSERT_FALSE(files.empty());
  for (const std::string& path : files) {
    const StatusOr<std::shared_ptr<Graph>> graph = ImportModel(path, {});
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    EXPECT_EQ((*graph)->note.empty(), !IsQuantized(path)) << path;
    CheckShapes(path, **graph);
    for (const IoInfo& output : (*graph)->outputs) {
      ASSERT_TRUE(output.declared_dims.has_value());
      EXPECT_EQ(Shape(*output.declared_dims).elements(),
                (*graph)->value(output.value).info.shape.elements())
          << path << ": " << output.name;
    }
  }
}

TEST(GenuineModels, TensorFlow) {
  if (ModelsFolder().empty()) GTEST_SKIP() << "no models here";
  const std::map<std::string, std::map<std::string, Shape>> expected = {
      {"kws_CNN_S_cut.pb", {{"labels_softmax", Shape{1, 12}}}},
      {"kws_DS_CNN_S_cut.pb", {{"labels_softmax", Shape{1, 12}}}},
      {"mobilenet_v1_0.25_128.pb", {{"Identity", Shape{1, 100}}}},
      {"unet_tiny.pb", {{"mask", Shape{1, 48, 64, 5}}, {"prob", Shape{1, 10}}}},
  };
  for (const auto& [file, outputs] : expected) {
    const StatusOr<std::shared_ptr<Graph>> graph =
        ImportModel(JoinPath(JoinPath(ModelsFolder(), "tf"), file), {});
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    std::map<std::string, Shape> found;
    for (const IoInfo& output : (*graph)->outputs) {
      found[output.name] = (*graph)->value(output.value).info.shape;
    }
    EXPECT_EQ(found, outputs) << file;
  }
}

TEST(GenuineModels, Onnx) {
  if (ModelsFolder().empty()) GTEST_SKIP() << "no models here";
  const std::vector<std::string> files = FilesIn(JoinPath(ModelsFolder(), "onnx"), ".onnx");
  ASSERT_FALSE(files.empty());
  for (const std::string& path : files) {
    const StatusOr<std::shared_ptr<Graph>> graph = ImportModel(path, {});
    ASSERT_TRUE(graph.ok()) << graph.status().message();
    for (const IoInfo& output : (*graph)->outputs) {
      EXPECT_GT((*graph)->value(output.value).info.shape.elements(), 0)
          << path << ": " << output.name;
    }
  }
}

}  // namespace
}  // namespace mace
