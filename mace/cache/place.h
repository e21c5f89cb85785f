// Where the bytes of a cache stand: a file by its path, an open file, or memory of an app that keeps
// its own storage. What is judged of them is the same everywhere, but that memory has no owner whose
// code could be distrusted.
//
// Errors: those of cache_file.h and rewrite.h. Thread contract: const methods are thread-safe, the
// rest is thread-compatible.
#ifndef MACE_CACHE_PLACE_H_
#define MACE_CACHE_PLACE_H_

#include <memory>
#include <mutex>
#include <string>

#include "mace/base/span.h"
#include "mace/base/status.h"
#include "mace/cache/cache_file.h"
#include "mace/cache/rewrite.h"

namespace mace {

class CachePlace {
 public:
  // A relative path means the current folder of this moment.
  static CachePlace OfPath(const std::string& path);
  // The whole of an open file; the descriptor is duplicated. It is written in place, where it is
  // open for writing: a process that ends meanwhile leaves a damaged file, which is a miss, and
  // nobody else may write it meanwhile.
  static StatusOr<CachePlace> OfDescriptor(int descriptor);
  // `owner` keeps the bytes, which stay as they are. None: an empty cache.
  static CachePlace InMemory(Bytes bytes, std::shared_ptr<const void> owner);

  // For messages: an absolute path, "cache by descriptor 5" or "cache in memory".
  const std::string& name() const { return name_; }
  // Whether others find it by its name.
  bool is_path() const { return kind_ == Kind::kPath; }
  bool is_memory() const { return kind_ == Kind::kMemory; }

  // What stands there now. kNotFound: nothing yet.
  StatusOr<std::shared_ptr<const CacheFile>> Open(const CacheTrust& trust) const;
  // As CheckCacheFileWritable and RewriteCacheFile.
  Status CheckWritable(const RewriteOptions& options) const;
  StatusOr<std::shared_ptr<const CacheFile>> Rewrite(const RewriteOptions& options,
                                                     const CacheEdit& edit);

 private:
  enum class Kind { kPath, kDescriptor, kMemory };
  struct Descriptor;

  CachePlace(Kind kind, std::string name) : kind_(kind), name_(std::move(name)) {}

  Kind kind_;
  std::string name_;
  std::shared_ptr<const Descriptor> descriptor_;
  Bytes bytes_;
  std::shared_ptr<const void> owner_;
};

}  // namespace mace

#endif  // MACE_CACHE_PLACE_H_
