// The variables of a SavedModel: a checkpoint of an index (a sorted table of keys) and data files.
//
// The index is read and checked at once: the table's footer and magic number, the bounds and the
// CRC-32C of every block. Tensors are read when they are asked for, with their own CRC-32C.
// Errors: kCorruption for bytes that contradict themselves or a checksum, kUnsupported for
// compressed blocks, big-endian files, and variables that are stored in slices.
// Thread contract: thread-compatible.
#ifndef MACE_FORMATS_TENSORFLOW_BUNDLE_H_
#define MACE_FORMATS_TENSORFLOW_BUNDLE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/formats/common/model_files.h"
#include "mace/formats/proto/tensorflow.pb.h"

namespace mace {

// CRC-32C (Castagnoli), as the table and the bundle store it masked.
uint32_t Crc32c(Bytes bytes);
uint32_t MaskedCrc32c(Bytes bytes);

// Entries of a sorted table, by key.
StatusOr<std::map<std::string, std::string>> ReadTable(Bytes file);

class TfBundle {
 public:
  // The checkpoint "variables/variables" of the model's folder.
  static StatusOr<std::unique_ptr<TfBundle>> Open(ModelFiles* files);

  bool Has(const std::string& key) const { return entries_.count(key) > 0; }
  // The tensor of a key, as a TensorProto whose content is the file's bytes. kNotFound: no such
  // key.
  StatusOr<std::shared_ptr<const tf::TensorProto>> Read(const std::string& key);
  // Where the bytes of a key lie, for the builder's budget.
  StatusOr<std::pair<ByteSource, tf::BundleEntryProto>> Locate(const std::string& key);

 private:
  explicit TfBundle(ModelFiles* files) : files_(files) {}

  ModelFiles* const files_;
  int num_shards_ = 0;
  std::map<std::string, std::string> entries_;
};

}  // namespace mace

#endif  // MACE_FORMATS_TENSORFLOW_BUNDLE_H_
