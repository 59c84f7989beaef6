#include "tools/demo_day/terminal.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace tessera::demo {

bool ShowCouponctl(testing::Deployment& deployment, const std::string& words) {
  setenv("COUPON_ISSUER", deployment.issuer().grpc_address().c_str(), 1);
  setenv("COUPON_REDEEMER", deployment.redeemer().grpc_address().c_str(), 1);
  setenv("COUPON_ANALYTICS", deployment.analytics().grpc_address().c_str(), 1);
  setenv("COUPON_TOKEN", deployment.token("ADMIN").c_str(), 1);
  std::printf("$ couponctl %s\n", words.c_str());
  std::fflush(stdout);
  // The build puts it beside this program.
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const bool done = std::system(("'" + (folder / "couponctl").string() + "' " + words).c_str()) == 0;
  std::puts("");
  return done;
}

}  // namespace tessera::demo
