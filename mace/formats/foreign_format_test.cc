#include "mace/formats/common/foreign_format.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "mace/base/coding.h"
#include "mace/base/files.h"
#include "mace/formats/import_model.h"
#include "mace/testing/temporary_folder.h"

namespace mace {
namespace {

using std::string_literals::operator""s;

std::string ZipOf(const std::string& member) {
  std::string zip = "PK\x03\x04"s + std::string(22, '\0');
  PutFixed16(&zip, static_cast<uint16_t>(member.size()));
  PutFixed16(&zip, 0);
  return zip + member + std::string(200, '\x80');
}

std::string SafetensorsOf(const std::string& header) {
  std::string file;
  PutFixed64(&file, header.size());
  return file + header + std::string(64, '\x3f');
}

struct Foreign {
  std::string bytes;
  std::string name;    // What it is,
  std::string remedy;  // and what to do.
};

std::vector<Foreign> ForeignFiles() {
  return {
      {"\x89HDF\r\n\x1a\n"s + std::string(100, '\0'), "Keras", "onnx"},
      {ZipOf("metadata.json"), "Keras", "onnx"},
      {ZipOf("resnet/data.pkl"), "PyTorch", "torch.onnx.export"},
      {ZipOf("archive/.format_version"), "PyTorch", "torch.onnx.export"},
      {ZipOf("arr_0.npy"), ".npz", "arrays"},
      {ZipOf("readme.txt"), "zip", "unpack"},
      {"\x80\x02\x8a\nl\xfc\x9c" + std::string(50, '\xff'), "pickle", "torch.onnx.export"},
      {SafetensorsOf("{\"w\":{\"dtype\":\"F32\"}}"), "safetensors", "ONNX"},
      {"GGUF\x03\0\0\0"s, "GGUF", "not supported"},
      {"\x93NUMPY\x01\0"s, "NumPy", "--input"},
      {"MCLP\0\0\x01\0"s + std::string(16, '\0'), "cache", "--cache"},
      {"ir_version: 8\ngraph {\n}\n", "ONNX model as text", "onnx.save"},
      {"layer {\n  name: \"conv\"\n}\n", "Caffe", "ONNX"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS", "git lfs pull"},
      {"<!DOCTYPE html><html><body>404</body></html>", "web", "download"},
      {"{\"modelTopology\": {}}", "TensorFlow.js", "SavedModel"},
      {"hello, I am no model\n", "text file", "not a model"},
  };
}

TEST(ForeignFormat, IsNamedWithARemedy) {
  for (const Foreign& foreign : ForeignFiles()) {
    const std::string found = DescribeForeignBytes(AsBytes(foreign.bytes));
    EXPECT_NE(found.find(foreign.name), std::string::npos) << foreign.name << ": " << found;
    EXPECT_NE(found.find(foreign.remedy), std::string::npos) << foreign.name << ": " << found;
    EXPECT_EQ(found.find('\n'), std::string::npos);
  }
}

TEST(ForeignFormat, EveryBeginOfAFileIsLookedAtWithinIt) {
  for (const Foreign& foreign : ForeignFiles()) {
    for (size_t size = 0; size < foreign.bytes.size() && size < 64; ++size) {
      // In memory of its own, so that a sanitizer sees a read behind it.
      const std::vector<uint8_t> begin(foreign.bytes.begin(),
                                       foreign.bytes.begin() + static_cast<std::ptrdiff_t>(size));
      DescribeForeignBytes(begin);
    }
  }
  EXPECT_EQ(DescribeForeignBytes({}), "");
  // An ONNX model, cut short: no SavedModel.
  EXPECT_EQ(DescribeForeignBytes(AsBytes("\x08\x07\x12\x07pytorch\x1a")), "");
  EXPECT_EQ(DescribeForeignBytes(AsBytes("\x01\x02\x03\x04")), "");
}

TEST(ForeignFileTest, ImportSaysWhatItIs) {
  const TemporaryFolder folder;
  for (const Foreign& foreign : ForeignFiles()) {
    const std::string path = folder.At("model.pb");
    std::ofstream(path, std::ios::binary) << foreign.bytes;
    const Status status = ImportModel(path, {}).status();
    EXPECT_FALSE(status.ok());
    EXPECT_NE(status.message().find(path), std::string::npos) << status.message();
    EXPECT_NE(status.message().find(foreign.name), std::string::npos) << status.message();
  }
}

TEST(ForeignFileTest, AFolderMayBeASavedModel) {
  const TemporaryFolder folder;
  const Status plain = ImportModel(folder.path(), {}).status();
  EXPECT_NE(plain.message().find("a folder"), std::string::npos) << plain.message();
  std::ofstream(folder.At("saved_model.pbtxt")) << "saved_model_schema_version: 1";
  const Status text = ImportModel(folder.path(), {}).status();
  EXPECT_NE(text.message().find("as text: freeze it"), std::string::npos) << text.message();
  std::ofstream(folder.At("saved_model.pb")) << "\x08\x01\x12\xf0\xff\x7f\x0a";
  const Status cut = ImportModel(folder.path(), {}).status();
  EXPECT_NE(cut.message().find("do not parse"), std::string::npos) << cut.message();
}

}  // namespace
}  // namespace mace
