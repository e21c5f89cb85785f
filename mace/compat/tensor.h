// The tensor of Xiaomi's MACE: a shape, and memory of the caller.
//
// Thread contract: thread-compatible. Copies share the memory.
#ifndef MACE_COMPAT_TENSOR_H_
#define MACE_COMPAT_TENSOR_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "mace/compat/types.h"

namespace mace {

class MaceTensor {
 public:
  MaceTensor() = default;
  // `data` has room for as many elements as `shape` says, in row-major order, with the axes in the
  // order of `format`. An output may have more room than the result needs.
  MaceTensor(std::vector<int64_t> shape, std::shared_ptr<void> data,
             DataFormat format = DataFormat::NHWC, IDataType data_type = IDT_FLOAT,
             MemoryType memory_type = CPU_BUFFER)
      : shape_(std::move(shape)),
        data_(std::move(data)),
        format_(format),
        data_type_(data_type),
        memory_type_(memory_type) {}

  // The extents, outermost first; of an output that was run, those of the result.
  const std::vector<int64_t>& shape() const { return shape_; }
  std::shared_ptr<float> data() const { return data<float>(); }
  template <typename T>
  std::shared_ptr<T> data() const {
    return std::static_pointer_cast<T>(data_);
  }
  DataFormat data_format() const { return format_; }
  IDataType data_type() const { return data_type_; }
  MemoryType memory_type() const { return memory_type_; }

 private:
  friend class MaceEngine;

  std::vector<int64_t> shape_;
  std::shared_ptr<void> data_;
  DataFormat format_ = DataFormat::NHWC;
  IDataType data_type_ = IDT_FLOAT;
  MemoryType memory_type_ = CPU_BUFFER;
};

}  // namespace mace

#endif  // MACE_COMPAT_TENSOR_H_
