/* The OpenCL devices of this machine. Errors, ownership and threads are as mace/mace_c.h says. */
#ifndef MACE_API_C_DEVICES_H_
#define MACE_API_C_DEVICES_H_

#include <stddef.h>
#include <stdint.h>

#include "mace/api/c/compile_options.h"
#include "mace/api/c/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mace_device_list mace_device_list;

/* mace::Device describes the members. The pointers belong to the list. */
typedef struct mace_device {
  size_t struct_size; /* Set by the caller. */
  const char* name;
  const char* vendor;
  const char* platform;
  const char* version;
  const char* driver;
  const char* type; /* "gpu", "cpu" or "accelerator". */
  uint32_t compute_units;
  uint32_t clock_mhz;
  uint64_t memory_bytes;
  uint64_t max_allocation_bytes;
  int32_t images;
  int32_t half_images;
  int32_t half_arithmetic;
  int32_t reserved;        /* 0 */
  const char* uuid;        /* For the device "uuid:..."; "" if the driver reports none. */
  const char* pci_address; /* For the device "pci:..."; "" if the driver reports none. */
  const char* platform_version;
  uint64_t local_memory_bytes;
  uint64_t max_work_group_size;
  uint64_t max_image_width;
  uint64_t max_image_height;
  int32_t host_unified_memory;
  int32_t is_default; /* 1: the device "gpu" means this device. */
} mace_device;

/* Lists every OpenCL device. The index in the list is the N of "gpu:N". Without a driver the list
 * is empty. Sets no environment variable. Errors are those of mace::ListDevices. */
mace_status_code mace_list_devices(mace_device_list** devices);
/* Lists the devices as mace_list_devices does. If this is the process's first OpenCL call, it may
 * set the environment variables that `environment` allows. */
mace_status_code mace_list_devices_in(mace_environment environment, mace_device_list** devices);
size_t mace_device_list_count(const mace_device_list* devices);
mace_status_code mace_device_list_get(const mace_device_list* devices, size_t index,
                                      mace_device* device);
void mace_device_list_free(mace_device_list* devices);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MACE_API_C_DEVICES_H_ */
