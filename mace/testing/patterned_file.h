// A file of known content that differs from place to place, for tests of what reads parts of it.
#ifndef MACE_TESTING_PATTERNED_FILE_H_
#define MACE_TESTING_PATTERNED_FILE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mace/base/atomic_file.h"
#include "mace/base/file_memory.h"
#include "mace/testing/temporary_folder.h"

namespace mace {

class PatternedFile {
 public:
  explicit PatternedFile(size_t size) : path_(folder_.At("content")), content_(size) {
    for (size_t i = 0; i < size; ++i) content_[i] = static_cast<uint8_t>(i * 7 + i / 4096);
    const Status written = WriteFileAtomic(path_, Bytes(content_.data(), size));
    EXPECT_TRUE(written.ok()) << written.message();
  }

  const std::string& path() const { return path_; }
  const std::vector<uint8_t>& content() const { return content_; }

  std::shared_ptr<FileMemory> Open() const {
    std::shared_ptr<const RandomAccessFile> file(*RandomAccessFile::Open(path_));
    return *FileMemory::Reserve(std::move(file));
  }
  // Whether the bytes are those of the file from `offset` on, as they were at first.
  bool Holds(Bytes bytes, size_t offset) const {
    return std::equal(bytes.begin(), bytes.end(),
                      content_.begin() + static_cast<std::ptrdiff_t>(offset));
  }

 private:
  const TemporaryFolder folder_;
  const std::string path_;
  std::vector<uint8_t> content_;
};

}  // namespace mace

#endif  // MACE_TESTING_PATTERNED_FILE_H_
