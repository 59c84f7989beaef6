#include "services/program/status_handlers.h"

#include <google/protobuf/util/time_util.h>

namespace tessera::program {

namespace pb = coupon::v1;

StatusHandlers::StatusHandlers(const server::ServiceHost& host, const storage::RedisStore& store,
                               const StoreSettings& settings)
    : health_(host.health), store_(store) {
  constant_.set_service(host.name);
  constant_.set_version(host.version);
  *constant_.mutable_start_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  pb::StoreStatus& kept = *constant_.mutable_store();
  kept.set_namespace_(settings.storage.name);
  kept.set_partitions(static_cast<int32_t>(settings.storage.shape.partitions));
  kept.set_topology(TopologyOf(settings.redis));
  kept.set_durability(PromiseOf(settings.storage));
}

void StatusHandlers::Register(server::Router& router) {
  router.Serve("coupon.v1.StatusService");
  router.Handle("coupon.v1.StatusService/GetServiceStatus", this, &StatusHandlers::GetServiceStatus);
}

async::Task<core::Result<pb::GetServiceStatusResponse>> StatusHandlers::GetServiceStatus(
    const server::CallContext& /*context*/, const pb::GetServiceStatusRequest& /*request*/) {
  pb::GetServiceStatusResponse response;
  pb::ServiceStatus& status = *response.mutable_status();
  status = constant_;
  status.set_serving(health_.serving());
  for (const server::HealthBoard::ComponentState& state : health_.components()) {
    pb::ServiceComponent& component = *status.add_components();
    component.set_name(state.name);
    component.set_healthy(state.healthy);
    component.set_detail(state.detail);
  }
  status.mutable_store()->set_redis_version(store_.redis_version());
  status.mutable_store()->set_reachable(store_.reachable());
  co_return response;
}

}  // namespace tessera::program
