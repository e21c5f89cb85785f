// PoCL compiles without optimising while one of these lives: tests that show a kernel to be right,
// not fast, take half the time or less.
//
// Thread contract: changes the environment; one at a time.
#ifndef MACE_TESTING_UNOPTIMIZED_H_
#define MACE_TESTING_UNOPTIMIZED_H_

#include <cstdlib>

namespace mace {

class Unoptimized {
 public:
  // A variable that is set already stays as it is.
  explicit Unoptimized(bool wanted) : ours_(wanted && std::getenv(kVariable) == nullptr) {
    if (ours_) setenv(kVariable, "-cl-opt-disable", 1);
  }
  ~Unoptimized() {
    if (ours_) unsetenv(kVariable);
  }
  Unoptimized(const Unoptimized&) = delete;
  Unoptimized& operator=(const Unoptimized&) = delete;

 private:
  static constexpr char kVariable[] = "POCL_EXTRA_BUILD_FLAGS";
  bool ours_;
};

}  // namespace mace

#endif  // MACE_TESTING_UNOPTIMIZED_H_
