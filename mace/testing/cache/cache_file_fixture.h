// What tests of a cache file begin with: a folder of their own, and in it the path of the file.
#ifndef MACE_TESTING_CACHE_CACHE_FILE_FIXTURE_H_
#define MACE_TESTING_CACHE_CACHE_FILE_FIXTURE_H_

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>

#include "mace/cache/store.h"
#include "mace/testing/cache/sample.h"
#include "mace/testing/temporary_folder.h"

namespace mace {

class CacheFileFixture : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string path_ = folder_.At(kCacheFileName);
};

// With the sample programs by their numbers.
class StoreFixture : public CacheFileFixture {
 protected:
  // Writes the programs [first, last) to the file and gives the store that did.
  std::unique_ptr<CacheStore> Fill(int first, int last,
                                   const CacheStoreOptions& options = {}) const {
    auto store = CacheStore::Open(path_, options);
    for (int i = first; i < last; ++i) EXPECT_TRUE(store->AddProgram(SampleProgram(i)).ok());
    const Status status = store->Flush();
    EXPECT_TRUE(status.ok()) << status.message();
    return store;
  }

  bool Holds(int number, const CacheStoreOptions& options = {}) const {
    return CacheStore::Open(path_, options)->FindProgram(SampleProgram(number).key).ok();
  }

  uint32_t Mode() const {
    struct stat info = {};
    EXPECT_EQ(0, stat(path_.c_str(), &info));
    return info.st_mode & 07777;
  }
};

}  // namespace mace

#endif  // MACE_TESTING_CACHE_CACHE_FILE_FIXTURE_H_
