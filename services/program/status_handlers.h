#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "coupon/v1/status_service.pb.h"
#include "server/health_board.h"
#include "server/router.h"
#include "server/service_main.h"
#include "services/program/store_settings.h"
#include "storage/redis/redis_store.h"

namespace tessera::program {

// coupon.v1.StatusService: how this process is. Loop thread only; host, store and settings must outlive it.
class StatusHandlers {
 public:
  StatusHandlers(const server::ServiceHost& host, const storage::RedisStore& store,
                 const StoreSettings& settings);

  void Register(server::Router& router);

  async::Task<core::Result<coupon::v1::GetServiceStatusResponse>> GetServiceStatus(
      const server::CallContext& context, const coupon::v1::GetServiceStatusRequest& request);

 private:
  const server::HealthBoard& health_;
  const storage::RedisStore& store_;
  // What does not change while the process lives.
  coupon::v1::ServiceStatus constant_;
};

}  // namespace tessera::program
