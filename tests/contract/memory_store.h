// MemoryStore is the storage port written down as plainly as possible: std::map, one step per call, no
// partitioned stock, no cache. It exists to check other stores by; no service may run on it. A refused call
// changes nothing in it, so that a call may be tried at several instants. One thread at a time; coroutines
// end without ever waiting.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "memory_state.h"
#include "test_zones.h"

namespace tessera::contract {

struct MemoryOptions {
  core::Shape shape;
  std::function<uint32_t(const std::string& campaign_id)> home;  // a campaign's home partition
  std::function<core::InstantMs()> clock;
  int64_t retention_short_ms = int64_t{3} * 24 * 3600 * 1000;
  int64_t retention_long_ms = int64_t{30} * 24 * 3600 * 1000;
};

class MemoryStore : public storage::CampaignStore,
                    public storage::CouponStore,
                    public storage::CodeStore,
                    public storage::RedemptionStore,
                    public storage::AttemptStore,
                    public storage::LedgerStore,
                    public storage::Sweeper {
 public:
  explicit MemoryStore(MemoryOptions options) : options_(std::move(options)) {}

  // While probing, a call that would take effect answers INTERNAL "would take effect" and leaves all as it
  // is.
  void SetProbing(bool probing) { probing_ = probing; }
  void SetClock(std::function<core::InstantMs()> clock) { options_.clock = std::move(clock); }
  // What calls that use coupons in part leave out in any case: here a call is judged and done at one instant,
  // elsewhere a coupon may become usable in between.
  void LeaveOut(std::map<core::CouponName, core::Error> coupons) { left_out_ = std::move(coupons); }
  // When the hold of a coupon, or of what a code has become, runs out.
  std::optional<core::InstantMs> HoldEndOf(const core::CouponName& name) const;

  // CampaignStore
  async::Task<core::Result<storage::CampaignChanged>> Create(storage::Operation op, std::string campaign_id,
                                                             core::CampaignDefinition definition) override;
  async::Task<core::Result<storage::CampaignChanged>> Update(storage::Operation op, std::string campaign_id,
                                                             int64_t expected_version,
                                                             storage::Edit edit) override;
  async::Task<core::Result<storage::CampaignChanged>> Move(storage::Operation op, std::string campaign_id,
                                                           core::Transition transition) override;
  async::Task<core::Result<storage::CampaignPtr>> Get(std::string campaign_id, storage::Deadline) override;
  async::Task<core::Result<storage::CampaignPage>> List(int32_t page_size, std::string cursor,
                                                        storage::Deadline) override;

  // CouponStore
  async::Task<std::vector<core::Result<storage::Issued>>> Issue(storage::IssueIntent intent) override;
  async::Task<core::Result<storage::Coupon>> GetCoupon(core::CouponNumber number, storage::Deadline) override;
  async::Task<core::Result<storage::WalletPage>> ListUserCoupons(storage::WalletQuery query) override;
  async::Task<core::Result<storage::Revoked>> Revoke(storage::RevokeIntent intent) override;

  // CodeStore
  async::Task<core::Result<storage::GeneratedCodes>> GenerateCodes(
      storage::GenerateCodesIntent intent) override;
  async::Task<core::Result<storage::Issued>> Bind(storage::BindIntent intent) override;
  async::Task<core::Result<storage::CodeView>> GetCode(core::CodeNumber code, storage::Deadline) override;

  // RedemptionStore
  async::Task<core::Result<storage::Verdict>> Validate(storage::UseIntent intent) override;
  async::Task<core::Result<storage::Redemption>> Redeem(storage::UseIntent intent) override;
  async::Task<core::Result<storage::Reservation>> Reserve(storage::ReserveIntent intent) override;
  async::Task<core::Result<storage::Redemption>> Commit(storage::CommitIntent intent) override;
  async::Task<core::Result<storage::Released>> Release(storage::ReleaseIntent intent) override;
  async::Task<core::Result<storage::RolledBack>> Rollback(storage::RollbackIntent intent) override;
  async::Task<core::Result<storage::RedemptionView>> GetRedemption(core::OpRef ref,
                                                                   storage::Deadline) override;
  async::Task<core::Result<storage::Explanation>> Explain(core::OpRef ref, storage::Deadline) override;
  async::Task<core::Result<storage::OperationStatus>> GetOperation(storage::OperationQuery query) override;
  async::Task<core::Result<storage::OperationStatus>> FenceOperation(storage::OperationQuery query) override;

  // AttemptStore
  async::Task<core::Result<storage::AttemptSpent>> Spend(storage::AttemptSubject subject,
                                                         storage::AttemptLimit limit,
                                                         storage::Deadline) override;
  async::Task<core::Status> Return(storage::AttemptSubject subject, core::InstantMs window_end_ms,
                                   storage::Deadline) override;

  // LedgerStore
  async::Task<core::Result<storage::ApplyProgress>> Apply(uint32_t partition, int32_t entries_max,
                                                          storage::Deadline) override;
  async::Task<core::Result<storage::CampaignTotals>> Totals(std::string campaign_id,
                                                            storage::Deadline) override;
  async::Task<core::Result<std::vector<storage::CampaignTotals>>> TotalsOfEach(
      std::vector<storage::CampaignPtr> campaigns, storage::Deadline deadline) override;
  async::Task<core::Result<storage::Verification>> Verify(std::string campaign_id, storage::VerifyDepth depth,
                                                          storage::Deadline) override;

  // Sweeper
  async::Task<core::Result<storage::SweepReport>> SweepDue(uint32_t partition, storage::Deadline) override;
  async::Task<core::Result<storage::SweepReport>> SweepTransfers(uint32_t partition,
                                                                 storage::Deadline) override;
  async::Task<core::Result<storage::SweepReport>> SweepChanges(uint32_t partition,
                                                               storage::Deadline) override;

 protected:
  // The steps that the self-check breaks (see broken_store.h).
  virtual void SpendQuota(QuotaRecord& quota, core::InstantMs day);
  virtual void SpendStock(CampaignRecord& campaign, core::InstantMs day);
  virtual void Remember(const core::OpRef& ref, const storage::Operation& op, storage::Outcome outcome);
  virtual void GiveBack(const CouponRecord& coupon, bool return_stock);
  virtual void UseUp(CouponRecord& coupon, const core::OpRef& redemption);
  virtual void NoteReturn(RedemptionRecord& record, core::StandingOrder standing);
  virtual void Spend(const CouponRecord& coupon, Spent spent);
  virtual void GiveBackUse(const CouponRecord& coupon, core::InstantMs time_ms);
  virtual void GiveBackMoney(const CouponRecord& coupon, Spent spent);

  core::InstantMs now() const { return options_.clock(); }
  core::Window DayOf(const core::Campaign& campaign, core::InstantMs t) const {
    return DayWindowFor(campaign.definition.time_zone, t);
  }

 private:
  // memory_operations.cc
  int64_t RetentionMs(core::Retention retention) const;
  bool TooOld(storage::Method method, const std::optional<core::InstantMs>& id_time_ms) const;
  const OperationRecord* Find(storage::Method method, uint32_t partition,
                              const std::array<uint8_t, 12>& field,
                              const std::optional<core::InstantMs>& id_time_ms) const;
  // Where a new record of the call is kept.
  // Records of what issues coupons stand with the user, the others in a partition.
  uint32_t PlaceOf(const core::UserKey& user) const;
  uint32_t PlaceOf(const storage::OperationQuery& query) const;
  core::OpRef RefOf(storage::Method method, uint32_t partition, const std::array<uint8_t, 12>& field,
                    const std::optional<core::InstantMs>& id_time_ms) const;
  core::OpRef RefOf(const storage::Operation& op, uint32_t partition) const {
    return RefOf(op.method, partition, op.field, op.id_time_ms);
  }
  // What every mutating call is judged by first; nothing: go on.
  template <class T>
  std::optional<core::Result<T>> Settled(const storage::Operation& op, uint32_t partition) const;
  core::Result<storage::OperationStatus> StatusOf(const storage::OperationQuery& query) const;

  // memory_campaigns.cc
  core::Result<storage::CampaignChanged> CreateNow(const storage::Operation& op,
                                                   const std::string& campaign_id,
                                                   const core::CampaignDefinition& definition);
  core::Result<storage::CampaignChanged> UpdateNow(const storage::Operation& op,
                                                   const std::string& campaign_id, int64_t expected_version,
                                                   const storage::Edit& edit);
  core::Result<storage::CampaignChanged> MoveNow(const storage::Operation& op, const std::string& campaign_id,
                                                 core::Transition transition);
  storage::CampaignChanged Changed(const storage::Operation& op, core::Campaign& campaign);

  // memory_coupons.cc
  core::Result<storage::Issued> IssueOne(const storage::IssueIntent& intent, const storage::IssueItem& item);
  core::Status MayIssueTo(const CampaignRecord& record, const QuotaRecord& quota) const;
  core::Result<storage::Revoked> RevokeNow(const storage::RevokeIntent& intent);
  storage::CouponState StateOf(const CouponRecord& coupon) const;
  storage::Coupon Show(const CouponRecord& coupon) const;
  const Hold* LiveHold(const CouponRecord& coupon) const;
  CouponRecord* FindCoupon(core::CouponNumber number);

  // memory_codes.cc
  const CodeRange* RangeOf(core::CodeNumber code) const;
  core::Result<storage::GeneratedCodes> GenerateCodesNow(const storage::GenerateCodesIntent& intent);
  // Why a code that belongs to nobody may not become a coupon of this user, or without one of its bearer, to
  // be used at once or later, after `before` other codes of its campaign.
  core::Status MayUseCode(const core::Campaign& campaign, const std::optional<core::UserKey>& user,
                          bool at_once, int64_t before = 0) const;
  CouponRecord& IssueOfCode(core::CodeNumber code, const std::string& campaign_id, const core::UserKey& user);
  core::Result<storage::Issued> BindNow(const storage::BindIntent& intent);
  // The coupon that a code means by now, or why it can't be told to whom this is.
  core::Result<core::CouponNumber> CouponOfCode(core::CodeNumber code,
                                                const std::optional<core::UserKey>& user) const;
  void FreeCode(CouponRecord& coupon);
  core::Result<storage::Revoked> RevokeCodeNow(const storage::RevokeIntent& intent);

  // memory_uses.cc
  enum class Purpose : uint8_t { kRedeem, kReserve };
  core::Error AlreadyRedeemed(const CouponRecord& coupon) const;
  // Where the record of such a call stands: with the user who is named, or else with the one coupon.
  uint32_t PartitionOf(const storage::UseIntent& intent) const;
  // Why a coupon can't be used by this call, whatever is bought.
  core::Status MayUse(const CouponRecord& coupon, const storage::UseIntent& intent) const;
  core::Status MayUse(core::CodeNumber code, const storage::UseIntent& intent, Purpose purpose,
                      int64_t before) const;
  // Finds what `coupon` was asked for as, and judges it. `codes` counts those of each campaign that the call
  // uses itself, as they are listed.
  core::Status Judge(const storage::UseIntent& intent, Purpose purpose, std::map<std::string, int64_t>& codes,
                     JudgedCoupon& coupon) const;
  std::vector<JudgedCoupon> JudgeEach(const storage::UseIntent& intent, Purpose purpose) const;
  // What those that are not refused take off the order together, whatever the limits of uses say. Nothing,
  // when that is refused: then one of `coupons` at least says why.
  std::optional<core::PricedStack> Price(const storage::UseIntent& intent, bool partial,
                                         std::vector<JudgedCoupon>& coupons) const;
  // The same, and the limits allow it.
  std::optional<core::PricedStack> PriceTogether(const storage::UseIntent& intent, bool partial,
                                                 std::vector<JudgedCoupon>& coupons) const;
  storage::Receipt ReceiptOf(const storage::UseIntent& intent, const core::PricedStack& stack,
                             const std::vector<JudgedCoupon>& coupons) const;
  core::Result<storage::Redemption> RedeemNow(const storage::UseIntent& intent);
  void BookRedemption(const storage::Redemption& redemption, const storage::Receipt& receipt,
                      core::InstantMs spend_time_ms);

  // memory_spending.cc
  // Refuses those of the stack, in the order of application, whose use would be one too many of the user's;
  // whether there are none.
  bool UsesAllow(const storage::UseIntent& intent, const core::PricedStack& stack,
                 std::vector<JudgedCoupon>& coupons) const;
  std::optional<core::Error> OneUseTooMany(const core::CampaignDefinition& definition,
                                           const std::multiset<core::InstantMs>& uses) const;
  // Whether the campaigns' budgets have what the stack takes off. Of the first that has less, by id, the
  // coupons learn what they may take off, or are refused.
  bool MoneyAllows(const core::PricedStack& stack, std::vector<JudgedCoupon>& coupons) const;
  // The hold that a use of the coupon ends, whether its time is over or not.
  const Hold* HoldOf(const JudgedCoupon& coupon) const;
  void GiveBackHold(const CouponRecord& coupon);

  // memory_settling.cc
  core::Result<storage::Reservation> ReserveNow(const storage::ReserveIntent& intent);
  core::Result<storage::Redemption> CommitNow(const storage::CommitIntent& intent);
  core::Result<storage::Released> ReleaseNow(const storage::ReleaseIntent& intent);
  bool Holds(const storage::Reservation& reservation, const core::AppliedCoupon& coupon) const;

  // memory_returns.cc
  core::Result<storage::RolledBack> RollbackNow(const storage::RollbackIntent& intent);
  // Undoes the use of one coupon; whether it can be used again.
  bool TakeBack(RedemptionRecord& record, CouponRecord& coupon);
  // Takes up to so much of the order off what a campaign's totals count of it.
  void UnbookSubtotal(RedemptionRecord& record, const std::string& campaign_id, int64_t minor);

  // memory_ledger.cc
  void Book(const CouponRecord& coupon, std::function<void(storage::CampaignTotals&)> add);
  void Book(uint32_t partition, const std::string& campaign_id,
            std::function<void(storage::CampaignTotals&)> add);
  // Books a hold whose time is over as run out; true when there was one.
  bool SettleHold(CouponRecord& coupon);

  MemoryOptions options_;
  bool probing_ = false;
  std::map<core::CouponName, core::Error> left_out_;
  std::map<std::string, CampaignRecord> campaigns_;
  std::map<core::OpRef, OperationRecord> operations_;
  std::map<std::pair<std::string, core::UserKey>, QuotaRecord> quotas_;
  // The instants of a user's uses of a campaign that limits them.
  std::map<std::pair<std::string, core::UserKey>, std::multiset<core::InstantMs>> uses_;
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> next_index_;  // by partition and bucket
  std::map<core::CouponNumber, CouponRecord> coupons_;
  std::map<uint32_t, std::map<uint64_t, CodeRange>> ranges_;  // by home and first index
  std::map<core::CodeNumber, core::CouponNumber> used_codes_;
  std::set<core::CodeNumber> revoked_codes_;
  std::map<storage::AttemptSubject, AttemptRecord> attempts_;
  std::map<core::OpRef, ReservationRecord> reservations_;
  std::map<core::OpRef, RedemptionRecord> redemptions_;
  std::map<uint32_t, std::deque<LedgerEvent>> ledger_;  // not applied yet, by partition
  std::map<std::string, storage::CampaignTotals> totals_;
};

// The call's error when it is refused: that of the first coupon, as they were listed, that can't be used.
core::Error FirstRefusal(const std::vector<JudgedCoupon>& coupons);

// Which of the coupons takes this off.
size_t PlaceAmong(const core::AppliedCoupon& applied, const std::vector<JudgedCoupon>& coupons);

// What was spent from an instant on.
int64_t SumOf(const std::map<core::InstantMs, int64_t>& spent, core::InstantMs from_ms);

inline std::vector<std::string> LineIdsOf(const core::Order& order) {
  std::vector<std::string> ids;
  for (const core::OrderLine& line : order.lines) ids.push_back(line.line_id);
  return ids;
}

inline core::Error WouldTakeEffect() { return core::Error(core::Reason::kInternal, "would take effect"); }

template <class T>
std::optional<core::Result<T>> MemoryStore::Settled(const storage::Operation& op, uint32_t partition) const {
  using core::Error;
  using core::Reason;
  if (TooOld(op.method, op.id_time_ms)) return Error(Reason::kRequestTooOld, "older than records are kept");
  if (const OperationRecord* record = Find(op.method, partition, op.field, op.id_time_ms)) {
    if (record->fenced) return Error(Reason::kOperationFenced, "fenced");
    if (record->body != op.body) return Error(Reason::kRequestIdReused, "another request had this id");
    return std::get<T>(*record->outcome);
  }
  if (std::chrono::steady_clock::now() >= op.deadline) return Error(Reason::kDeadlinePassed, "too late");
  return std::nullopt;
}

}  // namespace tessera::contract
