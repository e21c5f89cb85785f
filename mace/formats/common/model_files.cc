#include "mace/formats/common/model_files.h"

#include <sys/stat.h>

#include <utility>

#include "mace/base/files.h"
#include "mace/base/strings.h"
#include "mace/formats/common/foreign_format.h"

namespace mace {
namespace {

// "model.data" of "folder/model.pb".
std::string DataName(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  return (dot == std::string::npos || dot == 0 ? name : name.substr(0, dot)) + ".data";
}

StatusOr<std::shared_ptr<const RandomAccessFile>> OpenAnywhere(const std::string& path) {
  MACE_ASSIGN_OR_RETURN(std::unique_ptr<RandomAccessFile> file, RandomAccessFile::Open(path));
  return std::shared_ptr<const RandomAccessFile>(std::move(file));
}

// The model in a folder that TensorFlow has saved.
constexpr char kSavedModelFile[] = "saved_model.pb";

bool IsFolder(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

std::string DefaultDataPath(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1) + DataName(path);
}

StatusOr<std::shared_ptr<ModelFiles>> ModelFiles::Open(const std::string& path,
                                                       const std::string& data_path) {
  std::shared_ptr<ModelFiles> files(new ModelFiles);
  files->name_ = path;
  std::string model_path = path;
  if (IsFolder(path) && FileExists(JoinPath(path, kSavedModelFile))) {
    model_path = JoinPath(path, kSavedModelFile);
  } else if (IsFolder(path)) {
    return ExplainForeign(DescribeForeignFolder(path), InvalidArgument("a folder"))
        .WithPrefix(path);
  }
  MACE_ASSIGN_OR_RETURN(files->files_, ContainedFiles::Open(model_path));
  files->model_ = ByteSource::InFile(files->files_->main());
  files->data_path_ = data_path;
  return files;
}

std::shared_ptr<ModelFiles> ModelFiles::InMemory(const std::string& name, ByteSource model,
                                                 ByteSource weights) {
  std::shared_ptr<ModelFiles> files(new ModelFiles);
  files->name_ = name;
  files->model_ = std::move(model);
  files->weights_ = WeightFile{name + " (weights)", std::move(weights), Status::Ok()};
  return files;
}

const WeightFile& ModelFiles::weights() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (weights_.has_value()) return *weights_;
  WeightFile weights;
  const bool is_given = !data_path_.empty();
  weights.name = is_given ? data_path_ : JoinPath(DirectoryName(name_), DataName(name_));
  StatusOr<std::shared_ptr<const RandomAccessFile>> data =
      is_given ? OpenAnywhere(data_path_) : files_->OpenNamed(DataName(name_));
  if (data.ok()) {
    weights.source = ByteSource::InFile(*std::move(data));
  } else {
    weights.status = data.status();
  }
  weights_ = std::move(weights);
  return *weights_;
}

StatusOr<ByteSource> ModelFiles::External(const std::string& location) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto known = external_.find(location);
  if (known != external_.end()) return known->second;
  const std::string who = "external data '" + Printable(location) + "'";
  if (files_ == nullptr) {
    return Unsupported(who + ": expected a model in a file, found one in memory, without a folder");
  }
  StatusOr<std::shared_ptr<const RandomAccessFile>> file = files_->OpenNamed(location);
  if (!file.ok()) return file.status().WithPrefix(who);
  ByteSource source = ByteSource::InFile(*std::move(file));
  external_[location] = source;
  return source;
}

// Entries are never removed, and stay at their addresses.
std::vector<const ByteSource*> ModelFiles::Sources() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<const ByteSource*> sources = {&model_};
  for (const auto& [location, source] : external_) sources.push_back(&source);
  if (weights_.has_value()) sources.push_back(&weights_->source);
  return sources;
}

uint64_t ModelFiles::failed_reads() {
  uint64_t failed = 0;
  for (const ByteSource* source : Sources()) failed += source->failed_reads();
  return failed;
}

Status ModelFiles::CheckReads(uint64_t before) {
  if (failed_reads() == before) return Status::Ok();
  for (const ByteSource* source : Sources()) MACE_RETURN_IF_ERROR(source->last_error());
  return Internal(name_ + ": weights could not be read");
}

Status ModelFiles::CheckUnchanged() {
  for (const ByteSource* source : Sources()) MACE_RETURN_IF_ERROR(source->CheckUnchanged());
  return Status::Ok();
}

}  // namespace mace
