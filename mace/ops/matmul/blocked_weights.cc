#include "mace/ops/matmul/blocked_weights.h"

#include <algorithm>
#include <cstring>

#include "mace/base/divide.h"
#include "mace/ops/lowering_support.h"

namespace mace {
namespace {

// Where number `number` of a row lies. `each`: numbers of a row.
int64_t PlaceInTiles(int64_t row, int64_t number, int64_t each, int64_t tile) {
  return (row / tile * each + number) * tile + row % tile;
}

// Four bytes of a row as a word, whatever the host's order of bytes.
uint32_t WordOf(const uint8_t* from) {
  return from[0] | uint32_t{from[1]} << 8 | uint32_t{from[2]} << 16 | uint32_t{from[3]} << 24;
}

}  // namespace

int64_t BlockedTileFor(const DeviceInfo& device) {
  // A processor has 16 rows in a vector, a GPU one in each of the 32 work-items that run together.
  return device.kind == DeviceKind::kCpu ? 16 : 32;
}

PackedWeights PackBlockedWords(const BlockedMatrix& matrix, const HostTensor& packed,
                               int64_t tile) {
  const int64_t words = matrix.row_bytes() / 4;
  PackedWeights weights;
  weights.name = "packed";
  // Bits travel as those of floats, which an engine stores as they are.
  weights.keep_float32 = true;
  weights.elements = static_cast<size_t>(words * RoundUp(matrix.rows, tile));
  weights.pack = [matrix, packed, tile, words, elements = weights.elements](float* to) -> Status {
    const uint8_t* const bytes = packed.data<uint8_t>();
    std::memset(to, 0, elements * sizeof(float));
    for (int64_t row = 0; row < matrix.rows; ++row) {
      for (int64_t word = 0; word < words; ++word) {
        const uint32_t value = WordOf(bytes + row * matrix.row_bytes() + word * 4);
        std::memcpy(to + PlaceInTiles(row, word, words, tile), &value, sizeof(value));
      }
    }
    return Status();
  };
  weights.identity = PackingIdentity("words of bits", {matrix.rows, words, tile}, {packed});
  return weights;
}

PackedWeights PackBlockNumbers(const char* name, const BlockedMatrix& matrix,
                               const HostTensor& numbers, int64_t tile) {
  const int64_t blocks = matrix.blocks();
  PackedWeights weights;
  weights.name = name;
  weights.keep_float32 = true;
  weights.elements = static_cast<size_t>(blocks * RoundUp(matrix.rows, tile));
  weights.pack = [matrix, numbers, tile, blocks, elements = weights.elements](float* to) -> Status {
    MACE_ASSIGN_OR_RETURN(const HostTensor floats, numbers.ReadAsFloats());
    std::fill(to, to + elements, 0.0f);
    for (int64_t row = 0; row < matrix.rows; ++row) {
      for (int64_t block = 0; block < blocks; ++block) {
        to[PlaceInTiles(row, block, blocks, tile)] = floats.f32()[row * blocks + block];
      }
    }
    return Status();
  };
  weights.identity = PackingIdentity("numbers of blocks", {matrix.rows, blocks, tile}, {numbers});
  return weights;
}

}  // namespace mace
