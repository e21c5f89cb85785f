// The open files of a model: its own, and those of its weights (ONNX's external data, the `.data`
// of a MACE model). They are opened once. A later import of the same model, for other input shapes,
// reads the same files, even if their names lead elsewhere by then.
//
// Which files a model may name: the rule of mace/base/contained_files.h.
// Thread contract: thread-safe.
#ifndef MACE_FORMATS_COMMON_MODEL_FILES_H_
#define MACE_FORMATS_COMMON_MODEL_FILES_H_

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mace/base/contained_files.h"
#include "mace/base/status.h"
#include "mace/formats/common/byte_source.h"

namespace mace {

// Where the weights of a MACE model are looked for unless somebody says otherwise:
// "folder/model.data" for "folder/model.pb".
std::string DefaultDataPath(const std::string& path);

// The content of the `.data` file, or the reason why there is none: that matters only to a model
// with tensors in it.
struct WeightFile {
  std::string name;  // For messages.
  ByteSource source;
  Status status;
};

class ModelFiles {
 public:
  // `data_path` is the caller's, and may be anywhere; empty: the model's name with `.data` in place
  // of its extension, which is judged as the names in a model are. Errors: ContainedFiles::Open's.
  static StatusOr<std::shared_ptr<ModelFiles>> Open(const std::string& path,
                                                    const std::string& data_path);
  // A model in memory, which has no files beside it. `name` stands for its path.
  static std::shared_ptr<ModelFiles> InMemory(const std::string& name, ByteSource model,
                                              ByteSource weights);

  const std::string& name() const { return name_; }
  const ByteSource& model() const { return model_; }
  // Opened at the first call.
  const WeightFile& weights();
  // A file that the model names. Errors name it.
  StatusOr<ByteSource> External(const std::string& location);
  // How often elements were wanted that could not be read, in all files.
  uint64_t failed_reads();
  // An error where that happened since there were `before` of them: what was made of the elements
  // is wrong.
  Status CheckReads(uint64_t before);
  // kCorruption where one of the files is not what it was when it was opened.
  Status CheckUnchanged();

 private:
  ModelFiles() = default;
  std::vector<const ByteSource*> Sources();

  std::string name_;
  ByteSource model_;
  std::string data_path_;
  std::shared_ptr<ContainedFiles> files_;  // Null: a model in memory.
  std::mutex mutex_;
  std::optional<WeightFile> weights_;
  std::map<std::string, ByteSource> external_;
};

}  // namespace mace

#endif  // MACE_FORMATS_COMMON_MODEL_FILES_H_
