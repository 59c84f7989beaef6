// WalletFixture reads and judges the wallet of User(1), as the redeemer does for a list.
#pragma once

#include <vector>

#include "services/redeemer/alone_judge.h"
#include "stack_contract.h"

namespace tessera::contract {

class WalletFixture : public StackFixture {
 protected:
  storage::WalletPage Page(bool with_campaigns) {
    storage::WalletQuery query;
    query.user = User(1);
    query.page_size = 100;
    query.with_campaigns = with_campaigns;
    query.deadline = Soon();
    const auto page = Await(store_->coupons().ListUserCoupons(query));
    EXPECT_THAT(page, Succeeds());
    return page.ok() ? *page : storage::WalletPage();
  }

  std::vector<redeemer::JudgedAlone> Judge(const storage::WalletPage& page, const core::Order& order) {
    redeemer::AloneJudge judge(store_->redemptions());
    const auto wallet = Await(judge.Wallet({User(1), order, Soon()}, &page));
    EXPECT_THAT(wallet, Succeeds());
    return wallet.ok() ? redeemer::OneByOne(*wallet, page.coupons) : std::vector<redeemer::JudgedAlone>();
  }
};

}  // namespace tessera::contract
