// tessera-demo: starts a private Redis and the three services, plays one busy day and prints what it gave.
// `tools/demo` builds and runs it.

#include <signal.h>

#include <atomic>
#include <cstdio>
#include <exception>

#include "tests/support/service_process.h"
#include "tools/demo_day/day.h"
#include "tools/demo_day/terminal.h"
#include "tools/load/report.h"

namespace {

std::atomic<bool> stop{false};

int PlayDay() {
  std::fputs("demo: starting Redis and three services\n", stderr);
  tessera::testing::DeploymentOptions options;
  options.log_level = "warning";
  tessera::testing::Deployment deployment(options);
  tessera::demo::Day day(&deployment, &stop);
  day.Play();
  if (stop) {
    std::fputs("\ndemo: interrupted\n", stderr);
    return 130;
  }
  bool shown = true;
  for (const char* words : {"doctor", "campaign list", "stats spring-percent"}) {
    shown = tessera::demo::ShowCouponctl(deployment, words) && shown;
  }
  std::printf("%s%s\n", day.Report().c_str(), tessera::load::MachineLine().c_str());
  const auto violations = day.Violations();
  for (const std::string& violation : violations) std::printf("demo: VIOLATION: %s\n", violation.c_str());
  if (!shown) std::puts("demo: VIOLATION: couponctl failed");
  const bool ok = shown && violations.empty();
  std::puts(ok ? "demo: ok" : "demo: failed");
  return ok ? 0 : 1;
}

}  // namespace

int main() {
  // The day ends its loops and its children by itself: nothing is left behind.
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) {
    signal(signal_number, [](int) { stop = true; });
  }
  signal(SIGPIPE, SIG_IGN);
  try {
    return PlayDay();
  } catch (const std::exception& e) {
    if (stop) return 130;
    std::fprintf(stderr, "demo: failed: %s\n", e.what());
    return 1;
  }
}
