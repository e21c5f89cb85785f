#include "mace/base/random_name.h"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include "mace/base/hash.h"
#include "mace/base/span.h"

namespace mace {

StatusOr<std::string> MakeRandomName() {
  std::array<uint8_t, kRandomNameSize / 2> bytes;
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = getrandom(bytes.data() + done, bytes.size() - done, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Internal("no random name: the system gives no random numbers");
    done += static_cast<size_t>(got);
  }
  return ToHex(Bytes(bytes.data(), bytes.size()));
}

bool IsRandomName(std::string_view text) {
  return text.size() == kRandomNameSize &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace mace
