// Small cache contents for tests and examples: those of FORMAT.md's worked example, and programs by
// number.
#ifndef MACE_TESTING_CACHE_SAMPLE_H_
#define MACE_TESTING_CACHE_SAMPLE_H_

#include <memory>
#include <string>
#include <vector>

#include "mace/cache/contents.h"

namespace mace {

inline DeviceIdentity SampleDevice(const std::string& driver_version = "1.0") {
  DeviceIdentity device;
  device.name = "GPU";
  device.vendor_name = "V";
  device.device_version = "OpenCL 3.0";
  device.driver_version = driver_version;
  device.platform_name = "P";
  device.platform_version = "OpenCL 3.0";
  return device;
}

inline std::shared_ptr<const std::vector<uint8_t>> SampleBytes(const std::string& text) {
  return std::make_shared<const std::vector<uint8_t>>(text.begin(), text.end());
}

// The contents of FORMAT.md's worked example.
inline CacheContents ExampleContents() {
  ProgramRecord program;
  program.key.fill(0x11);
  program.source_hash.fill(0x22);
  program.device = SampleDevice();
  program.kernels = {CachedKernel{"add", "64"}};
  program.bytes = SampleBytes("BINARY");
  program.last_used = 1;
  CacheContents contents;
  contents.generation = 1;
  contents.programs.push_back(program);
  contents.tuning.push_back(TuningEntry{SampleDevice(), "conv", "a", 1});
  return contents;
}

// A program whose key, source hash and bytes follow from `number`; its section has `size` bytes.
inline ProgramRecord SampleProgram(int number, size_t size = 100) {
  const std::string name = "program " + std::to_string(number);
  ProgramRecord program;
  program.key = Sha256(AsBytes("key of " + name));
  program.source_hash = Sha256(AsBytes("source of " + name));
  program.device = SampleDevice();
  program.kernels = {CachedKernel{name, ""}};
  std::string bytes = name;
  bytes.resize(size, '.');
  program.bytes = SampleBytes(bytes);
  return program;
}

}  // namespace mace

#endif  // MACE_TESTING_CACHE_SAMPLE_H_
