// The layer's settings from the environment (README.md lists the variables), and its lines on
// stderr.
//
// Thread contract: thread-safe, as far as nobody changes the environment meanwhile.
#ifndef MACE_OPENCL_LAYER_SETTINGS_H_
#define MACE_OPENCL_LAYER_SETTINGS_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace mace {

// A relative MACE_CL_CACHE_FILE means the folder that is current at this call: the process's start,
// before the program goes elsewhere.
void RememberCurrentFolder();

struct LayerSettings {
  std::string file;  // Absolute; empty: no cache.
  uint64_t max_bytes = uint64_t{256} << 20;
  bool renew = false;   // Every program is compiled and stored anew.
  std::string problem;  // One line, where a variable cannot be understood or no file be found.
};

LayerSettings ReadLayerSettings();

// MACE_REQUIRE_CACHE=1: no compile.
bool LayerMayNotCompile();

// "mace-cl-cache: …" on stderr. Warnings appear unless MACE_CL_CACHE_LOG=0, notes only with
// MACE_CL_CACHE_LOG=1.
bool LayerNotesWanted();
void LayerNote(std::string_view message);
void LayerWarning(std::string_view message);

}  // namespace mace

#endif  // MACE_OPENCL_LAYER_SETTINGS_H_
