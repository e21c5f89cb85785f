#include "tools/mace/profile_report.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "tools/mace/streams.h"

namespace mace {
namespace {

Json PeaksJson(const std::optional<PeakRates>& peaks) {
  if (!peaks.has_value()) return nullptr;
  return {{"gflop_per_s", peaks->gflop_per_s},
          {"gb_per_s", peaks->gb_per_s},
          {"recorded", peaks->recorded}};
}

Json MemoryJson(const ProfileResult& result) {
  const MemoryReport& memory = result.memory;
  return {{"peak_bytes", result.statistics.peak_device_bytes},
          {"weight_bytes", memory.weight_bytes},
          {"activation_bytes", memory.activation_bytes},
          {"live_bytes", memory.live_bytes},
          {"bound_bytes", memory.bound_bytes},
          {"why_above_bound", TextOrNull(memory.why_above_bound)}};
}

// Amount per second, in units of 10^9; 0 if no time passed.
double PerSecond(double amount, double ms) { return ms > 0 ? amount / ms / 1e6 : 0; }

double Share(double part, double whole) { return whole > 0 ? part / whole : 0; }

// Adds the least time of one op that the device's peaks allow.
void AddRoof(const ProfiledOp& op, const std::optional<PeakRates>& peaks, Json* json) {
  (*json)["roof_ms"] = (*json)["roof_share"] = (*json)["bound"] = nullptr;
  if (!peaks.has_value()) return;
  const double compute = op.flops / peaks->gflop_per_s / 1e6;
  const double memory = op.bytes / peaks->gb_per_s / 1e6;
  const double roof = std::max(compute, memory);
  if (roof <= 0 || op.ms <= 0) return;
  (*json)["roof_ms"] = roof;
  (*json)["roof_share"] = roof / op.ms;
  (*json)["bound"] = compute >= memory ? "compute" : "memory";
}

Json OpJson(const ProfiledOp& op, const ProfileResult& result) {
  Json json = {{"name", op.name},
               {"type", op.type},
               {"stage", op.stage},
               {"variant", op.variant},
               {"inputs", op.inputs},
               {"outputs", op.outputs},
               {"ms", op.ms},
               {"share", Share(op.ms, result.profile.ops_ms)},
               {"host_ms", op.host_ms},
               {"launches", op.launches},
               {"flops", op.flops},
               {"bytes", op.bytes},
               {"gflop_per_s", PerSecond(op.flops, op.ms)},
               {"gb_per_s", PerSecond(op.bytes, op.ms)}};
  AddRoof(op, result.peaks, &json);
  return json;
}

Json TypesJson(const Profile& profile) {
  struct Total {
    std::string type;
    double ms = 0;
    size_t ops = 0, launches = 0;
  };
  std::map<std::string, Total> by_type;
  for (const ProfiledOp& op : profile.ops) {
    Total& total = by_type[op.type];
    total.type = op.type;
    total.ms += op.ms;
    ++total.ops;
    total.launches += op.launches;
  }
  std::vector<Total> totals;
  for (const auto& [type, total] : by_type) totals.push_back(total);
  std::stable_sort(totals.begin(), totals.end(),
                   [](const Total& a, const Total& b) { return a.ms > b.ms; });
  Json list = Json::array();
  for (const Total& total : totals) {
    list.push_back({{"type", total.type},
                    {"ms", total.ms},
                    {"share", Share(total.ms, profile.ops_ms)},
                    {"ops", total.ops},
                    {"launches", total.launches}});
  }
  return list;
}

void PrintHead(FILE* out, const Json& report, const ProfileResult& result) {
  const auto number = [&](const char* key) { return report[key].get<double>(); };
  Print(out, "model      %s\n", report["model"].get<std::string>().c_str());
  Print(out, "device     %s%s%s\n", report["device"].get<std::string>().c_str(),
        report["driver"].is_null() ? "" : ", driver ",
        report["driver"].is_null() ? "" : report["driver"].get<std::string>().c_str());
  Print(out, "latency    %10.3f ms  host to host, least of %zu; median %.3f\n", result.latency.min,
        result.latency.n, result.latency.p50);
  if (result.replay.has_value()) {
    Print(out, "launches   %10.3f ms  alone, without copies, least; median %.3f\n",
          result.replay->min, result.replay->p50);
  }
  if (result.timed_launches != report["launches_per_run"].get<size_t>()) {
    Print(out, "ops        are timed as %zu separate launches; a run has %zu\n",
          result.timed_launches, report["launches_per_run"].get<size_t>());
  }
  Print(out,
        "timed run  %10.3f ms  median: ops %.3f, idle between launches %.3f; the host "
        "enqueues %zu launches in %.3f\n",
        number("run_ms"), number("ops_ms"), number("idle_ms"), result.timed_launches,
        number("host_ms"));
  if (result.profile.stages > 1) {
    Print(out, "stages     %10zu     one after the other, because values of a run decide shapes\n",
          result.profile.stages);
  }
  Print(out, "work       %10.3f GFLOP, %.1f MB: %.1f GFLOP/s, %.1f GB/s\n", number("flops") / 1e9,
        number("bytes") / 1e6, number("gflop_per_s"), number("gb_per_s"));
  if (result.peaks.has_value()) {
    Print(out, "peaks      %10.1f GFLOP/s, %.1f GB/s (%s)\n", result.peaks->gflop_per_s,
          result.peaks->gb_per_s, result.peaks->recorded ? "from the cache file" : "measured");
  } else if (!result.why_no_peaks.empty()) {
    Print(out, "peaks      not known: %s\n", result.why_no_peaks.c_str());
  }
  const Json& memory = report["device_memory"];
  if (memory.is_null()) return;
  const Json& above = memory["why_above_bound"];
  const std::string why = above.is_null() ? "" : " (" + above.get<std::string>() + ")";
  Print(out, "memory     %10.1f MB on the device; weights and 1.3 x live activations: %.1f%s\n",
        memory["peak_bytes"].get<double>() / 1e6, memory["bound_bytes"].get<double>() / 1e6,
        why.c_str());
}

void PrintOp(FILE* out, const Json& op) {
  const auto number = [&](const char* key) { return op[key].get<double>(); };
  std::string roof = "-";
  if (!op["roof_share"].is_null()) {
    roof = std::to_string(static_cast<int>(100 * number("roof_share") + 0.5)) + " %";
  }
  Print(out, "%10.3f %6.1f %% %9.1f %8.1f %6s  %2zu  %s  %s  %s  %s\n", number("ms"),
        100 * number("share"), number("gflop_per_s"), number("gb_per_s"), roof.c_str(),
        op["launches"].get<size_t>(), op["type"].get<std::string>().c_str(),
        op["name"].get<std::string>().c_str(), op["variant"].get<std::string>().c_str(),
        op["outputs"].get<std::string>().c_str());
}

}  // namespace

Json ProfileJson(const ModelArguments& arguments, const ProfileResult& result) {
  const Statistics& stats = result.statistics;
  const Profile& profile = result.profile;
  const bool on_device = arguments.device != "cpu";
  Json ops = Json::array();
  for (const ProfiledOp& op : profile.ops) ops.push_back(OpJson(op, result));
  return {{"model", arguments.model},
          {"device", stats.device},
          {"driver", stats.driver.empty() ? Json(nullptr) : Json(stats.driver)},
          {"memory", on_device ? Json(arguments.memory) : Json(nullptr)},
          {"precision", arguments.precision},
          {"iterations", result.profile.runs.size()},
          {"stages", profile.stages},
          {"cache_status", stats.cache.status},
          {"launches_per_run", stats.launches_per_run},
          {"timed_launches", result.timed_launches},
          {"latency_ms", ToJson(result.latency)},
          {"replay_ms", result.replay.has_value() ? ToJson(*result.replay) : Json(nullptr)},
          {"run_ms", profile.run_ms},
          {"ops_ms", profile.ops_ms},
          {"idle_ms", profile.idle_ms},
          {"host_ms", profile.host_ms},
          {"flops", profile.flops},
          {"bytes", profile.bytes},
          {"gflop_per_s", PerSecond(profile.flops, profile.ops_ms)},
          {"gb_per_s", PerSecond(profile.bytes, profile.ops_ms)},
          {"peaks", PeaksJson(result.peaks)},
          {"device_memory", on_device ? MemoryJson(result) : Json(nullptr)},
          {"types", TypesJson(profile)},
          {"ops", ops}};
}

void PrintProfile(FILE* out, const Json& report, const ProfileResult& result) {
  constexpr size_t kMaxOps = 25;
  PrintHead(out, report, result);
  const Json& ops = report["ops"];
  std::vector<size_t> order(ops.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return ops[a]["ms"].get<double>() > ops[b]["ms"].get<double>();
  });
  Print(out, "\n        ms    share   GFLOP/s     GB/s  roof  launches, op\n");
  for (size_t i = 0; i < std::min(kMaxOps, order.size()); ++i) PrintOp(out, ops[order[i]]);
  if (order.size() > kMaxOps) {
    Print(out, "           and %zu more ops (--json, --html)\n", order.size() - kMaxOps);
  }
  Print(out, "\n        ms    share   type\n");
  for (const Json& type : report["types"]) {
    Print(out, "%10.3f %6.1f %%   %s: %zu, %zu launches\n", type["ms"].get<double>(),
          100 * type["share"].get<double>(), type["type"].get<std::string>().c_str(),
          type["ops"].get<size_t>(), type["launches"].get<size_t>());
  }
}

}  // namespace mace
