// An in-order command queue, and what goes into it: kernels, transfers, fills.
//
// Ownership: keeps the device alive. Errors: kDeviceError names the call, the error and `what`.
// Thread contract: several threads may put commands into one queue at the same time, as OpenCL
// allows, provided that they share no kernel (its arguments are its state); which of their commands
// runs first is then not said, and Finish waits for those of all threads. Moving and destroying a
// queue need it alone. Each session has a queue of its own, which threads share only while weights
// are uploaded, or puts its commands into the one queue of the app that lent it.
#ifndef MACE_CL_QUEUE_H_
#define MACE_CL_QUEUE_H_

#include <CL/cl.h>

#include <memory>
#include <string_view>

#include "mace/base/status.h"
#include "mace/cl/caller_objects.h"
#include "mace/cl/device.h"
#include "mace/cl/handle.h"
#include "mace/cl/kernel.h"
#include "mace/cl/memory.h"
#include "mace/kernel/kernel.h"

namespace mace {

// When a kernel ran, in nanoseconds of the device's clock.
struct KernelTimes {
  uint64_t queued = 0;
  uint64_t start = 0;
  uint64_t end = 0;
};

// Whether the call returns when the bytes are there, and the event it leaves; null: none.
struct Transfer {
  bool wait = true;
  ClEventHandle* event = nullptr;
};

class ClQueue {
 public:
  // `profiling` makes times available and costs a little at each launch. Without it: the queue of
  // the app that lent one, else a new one.
  static StatusOr<ClQueue> Create(std::shared_ptr<ClDevice> device, bool profiling);

  // REQUIRES: global is a multiple of local. `event` may be null. No allocation unless it fails.
  Status Launch(const ClKernel& kernel, const WorkSize& global, const WorkSize& local,
                ClEventHandle* event = nullptr);
  // From the memory's first byte; empty bytes are no command. REQUIRES: bytes fit, and stay where
  // they are until a transfer that does not wait is done.
  Status Write(const ClMemory& memory, Bytes bytes, std::string_view what,
               const Transfer& transfer = Transfer());
  Status Read(const ClMemory& memory, MutableBytes bytes, std::string_view what,
              const Transfer& transfer = Transfer());
  // Blocking; dense rows of texels. REQUIRES: an image, and the whole of it.
  Status WriteImage(const ClMemory& image, Bytes texels, std::string_view what);
  Status ReadImage(const ClMemory& image, MutableBytes texels, std::string_view what);
  // Between an app's buffer and the memory's first bytes, on the device; none are no command. The
  // bytes may be still under way when the call returns. REQUIRES: they fit.
  Status CopyFrom(const ClBufferPart& part, const ClMemory& memory, std::string_view what,
                  ClEventHandle* event = nullptr);
  Status CopyTo(const ClBufferPart& part, const ClMemory& memory, std::string_view what,
                ClEventHandle* event = nullptr);
  // Between an app's buffer and the host, of the part's bytes; blocking.
  Status Write(const ClBufferPart& part, Bytes bytes, std::string_view what);
  Status Read(const ClBufferPart& part, MutableBytes bytes, std::string_view what);
  // Buffers and images.
  Status FillZero(const ClMemory& memory, std::string_view what);
  // The memory's first bytes in the host's address space. Where host and device share memory,
  // nothing is copied. The call blocks. Every Map needs its Unmap.
  StatusOr<MutableBytes> Map(const ClMemory& memory, size_t bytes, bool write,
                             std::string_view what);
  Status Unmap(const ClMemory& memory, MutableBytes mapped, std::string_view what);
  Status Flush();
  // kDeviceLost where the driver calls the queue, which is held here, invalid.
  Status Finish();

  const std::shared_ptr<ClDevice>& device() const { return device_; }
  cl_command_queue get() const { return handle_.get(); }

 private:
  ClQueue(std::shared_ptr<ClDevice> device, ClQueueHandle handle)
      : device_(std::move(device)), handle_(std::move(handle)) {}

  std::shared_ptr<ClDevice> device_;
  ClQueueHandle handle_;
};

// REQUIRES: of a queue with profiling, and finished.
StatusOr<KernelTimes> TimesOf(const ClEventHandle& event);

}  // namespace mace

#endif  // MACE_CL_QUEUE_H_
