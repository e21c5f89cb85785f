// A folder that a test fills as it likes: new and empty, and removed with all that is in it when the
// object ends. Fails through GoogleTest where it cannot be made.
#ifndef MACE_TESTING_TEMPORARY_FOLDER_H_
#define MACE_TESTING_TEMPORARY_FOLDER_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "mace/base/files.h"

namespace mace {

class TemporaryFolder {
 public:
  enum class Place {
    kOfTest,  // In the test's own folder (TEST_TMPDIR).
    kShared,  // In /tmp, which each user reaches, and above which all is root's.
  };

  explicit TemporaryFolder(Place place = Place::kOfTest) {
    path_ = JoinPath(place == Place::kShared ? "/tmp" : testing::TempDir(), "mace_test.XXXXXX");
    if (mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << path_ << ": " << std::strerror(errno);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string At(const std::string& name) const { return JoinPath(path_, name); }

 private:
  std::string path_;
};

}  // namespace mace

#endif  // MACE_TESTING_TEMPORARY_FOLDER_H_
