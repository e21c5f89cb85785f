// Turns the contents of a cache into the bytes of a file. Pure bytes, no files.
//
// Thread contract: thread-compatible.
#ifndef MACE_CACHE_ENCODER_H_
#define MACE_CACHE_ENCODER_H_

#include <optional>
#include <string>
#include <vector>

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/cache/contents.h"
#include "mace/cache/signing.h"

namespace mace {

// The bytes of a file, less the sections, which stay in the contents.
class EncodedCacheFile {
 public:
  // kInvalidArgument when the contents break a limit of the format. With `key` the file is signed.
  // The contents must outlive the result and stay as they are.
  static StatusOr<EncodedCacheFile> Encode(const CacheContents& contents,
                                           const std::optional<SigningKey>& key);

  // Header, padding and sections in turn, table to trailer: written one behind the other they are
  // the file.
  std::vector<Bytes> Pieces() const;
  uint64_t size() const { return size_; }

 private:
  struct Layout;
  // Places the sections and encodes table and tuning records.
  Layout EncodeEntries(const CacheContents& contents, DeviceTable* devices);

  std::string head_;
  std::vector<Bytes> sections_;  // Distinct, in the file's order.
  std::string tail_;
  uint64_t size_ = 0;
};

}  // namespace mace

#endif  // MACE_CACHE_ENCODER_H_
