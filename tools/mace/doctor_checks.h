// The parts of `mace doctor`. Each adds its findings; none needs the one before it.
#ifndef TOOLS_MACE_DOCTOR_CHECKS_H_
#define TOOLS_MACE_DOCTOR_CHECKS_H_

#include <string>
#include <vector>

#include "tools/mace/doctor_finding.h"

namespace mace {

// doctor_loader.cc: what OpenCL is made of.
// The loader, and which one it is. Gives whether it loads.
bool CheckLoader(Findings* findings);
// The files that name drivers (*.icd), and whether each driver's library loads. Gives the paths of
// these files.
std::vector<std::string> CheckDrivers(Findings* findings);
// Loader layers in force (OPENCL_LAYERS), and CLBlast.
void CheckLayers(Findings* findings);
void CheckClblast(Findings* findings);

// doctor_machine.cc: what the machine gives.
// Versions of mace, of the kernel and of the C library.
void CheckVersions(Findings* findings);
// GPUs on the PCI bus, and whether /dev/dri, /dev/nvidia* and /dev/kfd may be used.
void CheckHardware(Findings* findings);
// Environment variables that change what OpenCL does.
void CheckEnvironment(Findings* findings);

// doctor_folders.cc: where compiled programs are kept.
// mace's cache file and the folders of drivers: permissions, and free disk space.
void CheckFolders(const std::string& cache, Findings* findings);

// doctor_device.cc: the devices, and whether they compute.
struct DoctorDevices {
  size_t working = 0;
  Json json = Json::array();  // One object for each device: see docs/command.md.
};
// `icd_files`: those of CheckDrivers, to find the driver that crashes. A device has `seconds` for
// its network.
DoctorDevices CheckDevices(const std::vector<std::string>& icd_files, double seconds,
                           Findings* findings);

}  // namespace mace

#endif  // TOOLS_MACE_DOCTOR_CHECKS_H_
