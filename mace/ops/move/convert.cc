#include "mace/ops/move/convert.h"

#include "mace/base/divide.h"

namespace mace {
namespace {

bool IsRowMajor(const ConvertEnd& end) { return end.format.layout == Layout::kRowMajor; }

void AppendInts(std::vector<KernelArgument>* arguments, std::initializer_list<int64_t> values) {
  for (int64_t value : values) arguments->push_back(static_cast<int32_t>(value));
}

// The kernel reads or writes `tensor` through the macros for tensors, `plain` through a pointer.
KernelInstance ConversionKernel(const char* name, const ConvertEnd& tensor,
                                const ConvertEnd& plain) {
  KernelInstance kernel;
  kernel.source = "convert.cl";
  kernel.base_name = name;
  kernel.storage = tensor.format.storage;
  kernel.precision = tensor.format.precision;
  kernel.macros["PLAIN_HALF"] = plain.format.precision == Precision::kFloat16 ? "1" : "0";
  kernel.macros["PLAIN_BLOCK"] = std::to_string(BlockChannels(plain.format.layout));
  kernel.SetBlocks(tensor.format.layout, tensor.format.layout);
  return kernel;
}

bool IsInt8(const ConvertEnd& end) { return end.format.precision == Precision::kInt8; }

// One end is int8, the other of floats.
Launch MakeInt8Conversion(const Shape& shape, const ConvertEnd& from, const ConvertEnd& to) {
  const bool quantize = IsInt8(to);
  const ConvertEnd& bytes = quantize ? to : from;
  const ConvertEnd& floats = quantize ? from : to;
  const Nhwc view = AsNhwc(shape);
  Launch launch;
  launch.kernel.source = "convert_int8.cl";
  launch.kernel.base_name = quantize ? "quantize" : "dequantize";
  launch.kernel.storage = floats.format.storage;
  launch.kernel.precision = floats.format.precision;
  launch.kernel.SetBlocks(floats.format.layout, floats.format.layout);
  launch.global = {1, static_cast<size_t>(view.w), static_cast<size_t>(view.rows())};
  launch.local = {1, 8, 4};
  launch.arguments = {InputArgument(0), OutputArgument(0)};
  AppendInts(&launch.arguments, {view.rows(), view.w, view.c});
  const Quantization& quantization = bytes.format.quantization;
  launch.arguments.push_back(quantization.scale);
  AppendInts(&launch.arguments, {quantization.zero_point});
  if (!quantize) AppendInts(&launch.arguments, {!IsRowMajor(floats)});
  return launch;
}

}  // namespace

WorkSize ConversionLocalSize() { return {4, 8, 1}; }

Launch MakeConversion(const Shape& shape, const ConvertEnd& from, const ConvertEnd& to) {
  if (IsInt8(from) != IsInt8(to)) return MakeInt8Conversion(shape, from, to);
  Nhwc view = AsNhwc(shape);
  // Dense on both sides: one row of all elements, whatever the channels.
  if (IsRowMajor(from) && IsRowMajor(to)) view = {1, 1, 1, shape.elements()};
  Launch launch;
  const int64_t blocks = CeilDivide(PaddedChannels(to.format.layout, view.c), 4);
  launch.global = {static_cast<size_t>(blocks), static_cast<size_t>(view.w),
                   static_cast<size_t>(view.rows())};
  launch.local = ConversionLocalSize();
  std::vector<KernelArgument>& arguments = launch.arguments;
  const bool images =
      from.format.storage == Storage::kImage && to.format.storage == Storage::kImage;
  // Between images a texel's own type makes the conversion.
  if (from.format == to.format || images) {
    launch.kernel = ConversionKernel("convert_copy", to, to);
    arguments = {InputArgument(0), OutputArgument(0)};
    AppendInts(&arguments, {view.rows(), view.w, view.c});
  } else if (from.format.storage == Storage::kBuffer && !IsRowMajor(to)) {
    launch.kernel = ConversionKernel("convert_pack", to, from);
    arguments = {RawInputArgument(0)};
    AppendInts(&arguments, {from.pitch, from.offset});
    arguments.push_back(OutputArgument(0));
    AppendInts(&arguments, {view.rows(), view.w, view.c});
  } else {
    launch.kernel = ConversionKernel("convert_unpack", from, to);
    arguments = {InputArgument(0), RawOutputArgument(0)};
    AppendInts(&arguments, {to.pitch, to.offset, view.rows(), view.w, view.c, !IsRowMajor(to)});
  }
  return launch;
}

}  // namespace mace
