#include "tools/mace/profile_checks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

namespace mace {
namespace {

void ExpectKeys(const Json& object, const std::vector<const char*>& keys) {
  ASSERT_TRUE(object.is_object()) << object;
  for (const char* key : keys) EXPECT_TRUE(object.contains(key)) << "no key " << key;
  EXPECT_EQ(object.size(), keys.size()) << "a key that is not documented: " << object;
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

void ExpectProfileJson(const Json& json) {
  ExpectKeys(json, {"model",
                    "device",
                    "driver",
                    "memory",
                    "precision",
                    "iterations",
                    "cache_status",
                    "latency_ms",
                    "launches_per_run",
                    "timed_launches",
                    "replay_ms",
                    "run_ms",
                    "ops_ms",
                    "idle_ms",
                    "host_ms",
                    "flops",
                    "bytes",
                    "gflop_per_s",
                    "gb_per_s",
                    "peaks",
                    "types",
                    "ops",
                    "device_memory",
                    "stages"});
  ASSERT_FALSE(json["ops"].empty());
  double ops_ms = 0, share = 0;
  size_t launches = 0;
  std::map<std::string, double> by_type;
  for (const Json& op : json["ops"]) {
    ExpectKeys(op, {"name", "type", "stage", "variant", "inputs", "outputs", "ms", "share",
                    "host_ms", "launches", "flops", "bytes", "gflop_per_s", "gb_per_s", "roof_ms",
                    "roof_share", "bound"});
    EXPECT_GE(op["ms"].get<double>(), 0) << op;
    ops_ms += op["ms"].get<double>();
    share += op["share"].get<double>();
    launches += op["launches"].get<size_t>();
    by_type[op["type"]] += op["ms"].get<double>();
  }
  const double slack = 1e-9 * json["ops"].size();
  EXPECT_NEAR(json["ops_ms"].get<double>(), ops_ms, slack);
  EXPECT_NEAR(share, 1, slack);
  EXPECT_EQ(json["timed_launches"].get<size_t>(), launches);
  EXPECT_LE(json["launches_per_run"].get<size_t>(), launches);
  ASSERT_EQ(json["types"].size(), by_type.size());
  double last = INFINITY;
  for (const Json& type : json["types"]) {
    ExpectKeys(type, {"type", "ms", "share", "ops", "launches"});
    EXPECT_NEAR(type["ms"].get<double>(), by_type[type["type"]], slack);
    EXPECT_LE(type["ms"].get<double>(), last) << "the slowest come first";
    last = type["ms"].get<double>();
  }
  EXPECT_NEAR(json["gflop_per_s"].get<double>(), json["flops"].get<double>() / ops_ms / 1e6, 1e-6);
}

void ExpectTrace(const Json& trace) {
  ASSERT_FALSE(trace.is_discarded());
  ASSERT_TRUE(trace.contains("traceEvents"));
  std::map<int, double> end_of;  // By track.
  double run_end = 0;
  for (const Json& event : trace["traceEvents"]) {
    ASSERT_TRUE(event.contains("ph") && event.contains("pid") && event.contains("tid")) << event;
    if (event["ph"] != "X") continue;
    const double begin = event["ts"], end = begin + event["dur"].get<double>();
    EXPECT_GE(event["dur"].get<double>(), 0) << event;
    if (event["name"] == "run" && event["cat"] == "run") {
      EXPECT_GE(begin, run_end) << "runs follow one another";
      run_end = end;
      continue;
    }
    for (const char* key : {"node", "variant", "inputs", "outputs", "gflop_per_s", "gb_per_s"}) {
      EXPECT_TRUE(event["args"].contains(key)) << event;
    }
    double* last = &end_of[event["tid"]];
    // The clocks of device and host agree to a microsecond.
    EXPECT_GE(begin, *last - 1) << "slices of a track overlap: " << event;
    *last = end;
  }
  EXPECT_GT(run_end, 0);
}

void ExpectPage(const std::string& page) {
  EXPECT_EQ(page.rfind("<!DOCTYPE html>", 0), 0u);
  for (const char* outside : {"src=", "href=", "@import", "url(", "fetch(", "XMLHttpRequest"}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << "the page loads something: " << outside;
  }
  // The page takes the SVG namespace from an element, so that its own text contains no URL.
  const std::string begin = "<script id=\"data\" type=\"application/json\">", end = "</script>";
  ASSERT_NE(page.find(begin), std::string::npos);
  const size_t from = page.find(begin) + begin.size();
  const Json data = Json::parse(page.substr(from, page.find(end, from) - from), nullptr, false);
  ASSERT_FALSE(data.is_discarded());
  EXPECT_FALSE(data["timeline"].empty());
  for (const Json& slice : data["timeline"]) {
    EXPECT_LT(slice["op"].get<size_t>(), data["ops"].size());
    EXPECT_LE(slice["end"].get<double>(), data["timeline_ms"].get<double>() + 1e-6);
  }
  EXPECT_EQ(Count(page, "<script"), 2u);
  EXPECT_EQ(Count(page, end), 2u);
}

}  // namespace mace
