// Products of rows of bytes with a matrix of bytes, summed in int32: exact, so that the order of the
// sums does not matter, and vectors of the processor at hand take what they can.
//
// Thread contract: thread-safe (pure functions, and an object that does not change).
#ifndef MACE_OPS_RECURRENT_BYTE_PRODUCT_H_
#define MACE_OPS_RECURRENT_BYTE_PRODUCT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace mace {

// Unsigned bytes, row r at `bytes + r * pitch`. The pitch is a multiple of kBytesAtOnce, and what
// lies between the width of a row and the pitch is 0.
struct ByteRows {
  static constexpr size_t kBytesAtOnce = 4;

  const uint8_t* bytes;
  size_t count;
  size_t pitch;
};

// A dense row-major matrix [rows, columns] of signed bytes. An element is the byte's bits xor
// `flip`: 0, or 0x80 for a matrix of unsigned bytes, whose elements are then less by 128.
struct ByteMatrix {
  const uint8_t* bytes;
  size_t rows;
  size_t columns;
  uint8_t flip;
};

// sums[r * w.columns + c] = the sum of x[r, k] * w[k, c] over the rows k of w. REQUIRES: x.pitch is
// w.rows, rounded up to a multiple of kBytesAtOnce; w.rows <= 2^16.
using ByteProduct = void (*)(const ByteRows& x, const ByteMatrix& w, int32_t* sums);

// The functions that this processor can run, the fastest first; all give the same sums.
const std::vector<ByteProduct>& RunnableByteProducts();

// A matrix that is multiplied many times. For a processor that reads it faster in another order, there
// is a copy in that order.
class PackedByteMatrix {
 public:
  // Without a copy the bytes of `w` must outlive this object.
  explicit PackedByteMatrix(const ByteMatrix& w);

  // RunnableByteProducts()[0](x, w, sums).
  void Multiply(const ByteRows& x, int32_t* sums) const;

 private:
  ByteMatrix matrix_;
  std::unique_ptr<uint8_t[]> panels_;  // Null: there is no copy.
};

}  // namespace mace

#endif  // MACE_OPS_RECURRENT_BYTE_PRODUCT_H_
